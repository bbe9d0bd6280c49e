"""A Redis of the tests' own, on a free port, which they may kill, stop and flush."""

import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest
import redis

from tests.services.collector_kit import eventually


class RedisServer:
    """As a context: it runs, keeps nothing on the disk, and is ended on leaving."""

    def __init__(self, folder: Path) -> None:
        if not (program := shutil.which("redis-server")):
            pytest.skip("There is no redis-server here: these tests need one (apt install redis-server).")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        quiet = [
            "--save",
            "",
            "--appendonly",
            "no",
            "--daemonize",
            "no",
            "--logfile",
            str(folder / "redis.log"),
        ]
        self._command = [
            program,
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(folder),
            *quiet,
        ]
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.go_on()
        self.kill()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command)
        eventually(self._answers, "Redis answers")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def hang(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, socket_timeout=5)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False
