"""A PostgreSQL of the tests' own, on a free port, which they may stop and start."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
import pytest


class PostgresServer:
    """As a context: it runs, and is stopped and removed on leaving. It refuses to be root's, so then it is that of
    the user postgres, in a folder of that user."""

    def __init__(self) -> None:
        found = [shutil.which("initdb"), *map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
        programs = [Path(path).resolve().parent for path in found if path]
        if not programs:
            pytest.skip("There is no initdb here: this test needs one (apt install postgresql).")
        self._programs = programs[0]
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        if self._as:
            os.chown(self._folder, pwd.getpwnam("postgres").pw_uid, -1)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> "PostgresServer":
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", self._data)
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def start(self) -> None:
        options = f"-F -h 127.0.0.1 -p {self.port} -k {self._folder}"
        self._run("pg_ctl", "-w", "-D", self._data, "-l", f"{self._folder}/log", "-o", options, "start")

    def stop(self) -> None:
        """As by a crash: what is under way is neither waited for nor ended in order."""
        self._run("pg_ctl", "-w", "-D", self._data, "-m", "immediate", "stop")

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()

    @property
    def _data(self) -> str:
        return f"{self._folder}/data"

    def _run(self, program: str, *words: str) -> None:
        command = [*self._as, str(self._programs / program), *words]
        done = subprocess.run(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
