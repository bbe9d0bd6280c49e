"""The commands as real processes, with a database and a provider of their own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from tests.services.collector_kit import PATIENCE, eventually

ROOT = Path(__file__).parent.parent.parent
MANAGE = [sys.executable, str(ROOT / "manage.py")]


def database_url() -> str:
    """The tests' own database, as other processes name it. Its tests must be transactional."""
    told = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{told['NAME']}"
    password = f":{told['PASSWORD']}" if told["PASSWORD"] else ""
    return f"postgres://{told['USER']}{password}@{told['HOST']}:{told['PORT']}/{told['NAME']}"


def every(seconds: float) -> dict[str, str]:
    """Settings: each machine is checked so often, whether somebody looks at it or not."""
    return dict.fromkeys(("VPS_INTERVAL", "VPS_IDLE_INTERVAL"), str(seconds))


@dataclass
class Running:
    """A command that runs in a session of its own, as in a terminal; `file` holds what it prints."""

    process: subprocess.Popen[bytes]
    file: Path

    @property
    def printed(self) -> str:
        return self.file.read_text(errors="replace")

    def end(self, number: signal.Signals = signal.SIGTERM, patience: float = PATIENCE) -> int:
        self.process.send_signal(number)
        return self.process.wait(patience)

    def interrupt(self) -> int:
        """Ctrl-C: the terminal sends it to the whole group."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(PATIENCE)

    def descendants(self) -> set[int]:
        return set(_below(self.process.pid))

    def says(self, text: str) -> None:
        """Waits until it has printed that."""
        eventually(lambda: text in self.printed or self.process.poll() is not None, f"it prints “{text}”")
        assert text in self.printed


def _below(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield int(child)
            yield from _below(int(child))


def is_running(pid: int) -> bool:
    """A process that has ended, and whose end nobody took note of, does not run."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@contextmanager
def started(command: list[str], folder: Path, **variables: str) -> Iterator[Running]:
    """The command with these settings and no others; whatever it left behind is killed in the end."""
    file = folder / "printed"
    environment = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **variables}
    with file.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    running = Running(process, file)
    try:
        yield running
    finally:
        left = [process.pid, *running.descendants()]
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(PATIENCE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
