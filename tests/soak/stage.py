"""The panel of a soak: `serve` with two web workers and a collector, and a second collector; what may be killed of it,
and what its processes hold."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.commands.processes import MANAGE
from tests.prove.web import Server, Web
from tests.soak.ledger import Reading

MB = 1 << 20


@dataclass
class Serve(Web):
    interval: float = 10.0

    def command(self) -> list[str]:
        return [*MANAGE, "serve", "--bind", f"127.0.0.1:{self.port}", "--workers", "2"]

    def settings(self) -> dict[str, str]:
        return settings(self.interval)


@dataclass
class Second(Server):
    interval: float = 10.0

    def command(self) -> list[str]:
        return [*MANAGE, "collect"]

    def settings(self) -> dict[str, str]:
        return settings(self.interval)


def settings(interval: float) -> dict[str, str]:
    """Machines that nobody looks at are asked as often as the others, so that one number says what is right."""
    paces = {"VPS_INTERVAL": str(interval), "VPS_IDLE_INTERVAL": str(interval)}
    return {**paces, "VPS_CALLS_PER_MINUTE": "1000000", "DEBUG": "0"}


class Process(NamedTuple):
    name: str
    pid: int


@dataclass
class Stage:
    """`readings`: of each process, as it was seen again and again."""

    serve: Serve
    second: Second | None
    readings: dict[Process, list[Reading]] = field(default_factory=dict)
    _seen: dict[Process, float] = field(default_factory=dict)

    def processes(self) -> list[Process]:
        """All that live now. Which web worker is which, their ages say."""
        found = list(self._of_serve())
        if self.second and self.second.process and self.second.process.poll() is None:
            found.append(Process("second collector", self.second.process.pid))
        return found

    def _of_serve(self) -> Iterator[Process]:
        assert self.serve.process is not None
        yield Process("serve", self.serve.process.pid)
        for pid in children(self.serve.process.pid):
            if "collect" in words(pid):
                yield Process("collector", pid)
            else:
                yield Process("web", pid)
                yield from (Process("web worker", each) for each in children(pid))

    def look(self) -> None:
        """Writes down what each process holds."""
        now = time.monotonic()
        for process in self.processes():
            born = self._seen.setdefault(process, now)
            with suppress(OSError):  # it has ended meanwhile
                held = Reading(now - born, memory(process.pid), len(os.listdir(f"/proc/{process.pid}/fd")))
                self.readings.setdefault(process, []).append(held)

    def kill(self, name: str) -> bool:
        """kill -9 of the youngest process of that name, so that the oldest may grow old. What `serve` keeps, it starts
        again; the second collector is started here."""
        named = [process for process in self.processes() if process.name == name]
        if not named:
            return False
        youngest = max(named, key=lambda process: (self._seen.get(process, float("inf")), process.pid))
        with suppress(ProcessLookupError):
            os.kill(youngest.pid, signal.SIGKILL)
        if self.second and name == "second collector":
            self.second.kill()
            self.second.start()
        return True

    def told(self) -> str:
        """Memory in MB and descriptors of each kind of process now, the largest of each."""
        parts = []
        for name in ("serve", "web", "web worker", "collector", "second collector"):
            now = [self.readings[p][-1] for p in self.processes() if p.name == name and p in self.readings]
            if now:
                parts.append(f"{name} {max(r.memory for r in now):.0f}/{max(r.files for r in now)}")
        return ", ".join(parts)


def children(pid: int) -> list[int]:
    with suppress(OSError):
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return []


def words(pid: int) -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return []


def memory(pid: int) -> float:
    """The resident set in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MB
