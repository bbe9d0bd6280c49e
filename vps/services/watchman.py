"""Outlives a keeper that is killed, and ends what that kept. Runs as a program of its own, of the standard library."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable

GRACE_SECONDS = 12.0
LOOK_SECONDS = 0.1
BEGUN, ENDED = "+", "-"


class Watchman:
    """The keeper's side: tells the watchman which processes there are, each of which leads a group. The pipe between
    the two closes when the keeper ends, in whatever way."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None

    def begun(self, pid: int) -> None:
        self._groups.add(pid)
        self._tell(f"{BEGUN}{pid}\n")

    def ended(self, pid: int) -> None:
        self._groups.discard(pid)
        self._tell(f"{ENDED}{pid}\n")

    def dismiss(self) -> None:
        """To be called when all have ended."""
        if self._process is not None:
            self._part_with(self._process)

    def _tell(self, line: str) -> None:
        if self._process is None:
            return self._hire()
        try:
            self._write(line)
        except OSError:  # it was killed
            self._part_with(self._process)
            self._hire()

    def _part_with(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()

    def _hire(self) -> None:
        # in a session of its own: what ends the keeper's group does not end the watchman; it needs none of the settings
        command = [sys.executable, "-I", __file__]
        self._process = subprocess.Popen(  # noqa: S603  # our own
            command, stdin=subprocess.PIPE, bufsize=0, env={}, start_new_session=True
        )
        self._write("".join(f"{BEGUN}{pid}\n" for pid in tuple(self._groups)))

    def _write(self, lines: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(lines.encode())


def watch(lines: Iterable[str]) -> set[int]:
    """The groups that are left when there are no more lines."""
    groups: set[int] = set()
    for line in lines:
        if line.startswith(BEGUN):
            groups.add(int(line[1:]))
        elif line.startswith(ENDED):
            groups.discard(int(line[1:]))
    return groups


def end_groups(groups: Iterable[int], grace: float = GRACE_SECONDS) -> None:
    """SIGTERM to each; SIGKILL to what is left after the grace."""
    left = {pid for pid in groups if _signal_group(pid, signal.SIGTERM)}
    deadline = time.monotonic() + grace
    while left and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
        left = {pid for pid in left if _signal_group(pid, 0)}
    for pid in left:
        _signal_group(pid, signal.SIGKILL)


def _signal_group(pid: int, number: int) -> bool:
    """Whether there is such a group."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    if left := watch(sys.stdin):
        sys.stderr.write(f"the keeper is gone: ending the {len(left)} processes that it kept\n")
        end_groups(left)
