"""CPU time of this process, and of the server's process that works for it."""

import time
from pathlib import Path

from django.db import connection


def spent() -> float:
    """Seconds until now. On PostgreSQL with those of its own process, so the server must run on this machine."""
    return time.process_time() + (_backend() if connection.vendor == "postgresql" else 0.0)


def _backend() -> float:
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    assert "postgres" in Path(f"/proc/{pid}/comm").read_text(), (
        "the PostgreSQL server runs on another machine"
    )
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
