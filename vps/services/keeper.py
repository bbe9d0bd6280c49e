"""Keeps the panel's processes running on one machine: starts them, starts again what ends, and ends them all."""

import logging
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from vps.services.stopping import StopFlag
from vps.services.watchman import GRACE_SECONDS, Watchman

logger = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
LOOK_SECONDS = 0.2


@dataclass
class Child:
    """A process to keep: what it is called in the log, and its command. One that is not `kept` ends all by ending;
    one to run `once` is let go when it ends; what a `quiet` one prints is thrown away."""

    name: str
    command: Sequence[str]
    kept: bool = True
    quiet: bool = False
    once: bool = False
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started: float = 0.0
    start_at: float = 0.0
    pause: float = FIRST_PAUSE


class Keeper:
    """As a context: children added are started at once, kept running by `run`, and ended on leaving, however. Where
    the keeper is killed, a watchman ends them."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.stop = StopFlag()
        self._watchman = Watchman()

    def __enter__(self) -> "Keeper":
        return self

    def __exit__(self, *exception: object) -> None:
        self._end_all()

    def obey_signals(self) -> None:
        """Ctrl-C, SIGTERM and a closed terminal (but not under nohup) all mean: end everything, then return."""
        under_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        for number in (signal.SIGINT, signal.SIGTERM, *([] if under_nohup else [signal.SIGHUP])):
            signal.signal(number, lambda _number, _frame: self.stop.set())

    def add(self, child: Child) -> None:
        self._start(child, time.monotonic())
        self.children.append(child)  # started by now: `run` must not start it a second time

    def run(self) -> None:
        """Returns when `stop` is set, or a child that is not kept has ended."""
        while not self.stop.wait(LOOK_SECONDS):
            for child in list(self.children):
                self._look_after(child)

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_at:
                self._start(child, now)
            return
        code = child.process.poll()
        if code is None:
            return
        _end_group(child.process)
        self._watchman.ended(child.process.pid)
        child.process = None
        if child.once:
            self.children.remove(child)
            return
        if not child.kept:
            logger.error("%s ended with %s: ending the rest", child.name, code)
            self.stop.set()
            return
        child.pause = (
            FIRST_PAUSE if now - child.started > STEADY_SECONDS else min(2 * child.pause, LONGEST_PAUSE)
        )
        child.start_at = now + child.pause
        logger.error("%s ended with %s: starting it again in %.0f s", child.name, code, child.pause)

    def _start(self, child: Child, now: float) -> None:
        # a session of its own: a Ctrl-C in the terminal reaches the keeper alone, which ends the children in order
        out = subprocess.DEVNULL if child.quiet else None
        command = list(child.command)
        child.process = subprocess.Popen(command, stdout=out, start_new_session=True)  # noqa: S603  # our own
        self._watchman.begun(child.process.pid)
        child.started = now
        logger.info("%s started as process %d", child.name, child.process.pid)

    def _end_all(self) -> None:
        """SIGTERM to each, the last started first; SIGKILL to what is left after them, or after the grace."""
        running = [child.process for child in reversed(self.children) if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.error("process %d did not end in %.0f s and is killed", process.pid, GRACE_SECONDS)  # noqa: TRY400
            _end_group(process)
            process.wait()
            self._watchman.ended(process.pid)
        self._watchman.dismiss()


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kills what is left of a child and of the processes it started itself, such as a web server's workers."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
