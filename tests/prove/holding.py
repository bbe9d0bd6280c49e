"""What holds a web process up at a chosen point: another writer in its database, and a provider that nobody reaches."""

import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

from tests.commands.processes import database_url
from tests.services.collector_kit import PATIENCE

CONNECTED = {"01", "08"}  # established, and closed by the other side alone


class Writer:
    """Another writer at work: whoever changes what a card shows waits until it is `free`. For any thread."""

    def __init__(self) -> None:
        self._sqlite = connection.vendor == "sqlite"
        self._raw: Any
        if self._sqlite:
            name = connection.settings_dict["NAME"]
            self._raw = sqlite3.connect(name, PATIENCE, isolation_level=None, check_same_thread=False)
        else:
            self._raw = psycopg.connect(database_url())

    def take(self) -> None:
        if self._sqlite:
            self._raw.execute("BEGIN IMMEDIATE")
        else:
            self._raw.execute("UPDATE vps_revision SET value = value WHERE id = 1")

    def take_when_requested(self, machine: int, pressed: Callable[[], bool]) -> bool:
        """Gets in between a request and its sending. False if it was too late."""
        find = f"SELECT state FROM vps_poweraction WHERE machine_id = {int(machine)}"
        if not self._sqlite:
            find += " FOR UPDATE"
        state = None
        while state is None and pressed():
            state = self._raw.execute(find).fetchone()
        if self._sqlite:
            self.take()
            state = self._raw.execute(find).fetchone()
        return state is not None and state[0] == "requested"

    def free(self) -> None:
        self._raw.rollback()

    def close(self) -> None:
        self._raw.close()


@contextmanager
def deaf_provider() -> Iterator[str]:
    """The address of a provider that takes no connection and refuses none: its queue is full."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        crowd = [socket.socket() for _place in range(4)]
        for each in crowd:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        for each in crowd:
            each.close()


def wait_until(ready: Callable[[], object], what: str) -> None:
    """Turns at once, since what is waited for lasts no longer than milliseconds."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < deadline, what
        time.sleep(0.0005)


def has_connection_to(port: int) -> bool:
    """Whether anybody on this machine has a connection to that port which they have not closed."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(line[2].endswith(f":{port:04X}") and line[3] in CONNECTED for line in lines)
