"""`manage.py demo`, as somebody types it: about 15 seconds."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import requests

from tests.commands.processes import MANAGE, Running, free_port, is_running, started
from tests.services.collector_kit import eventually


def folder_of(running: Running) -> Path:
    """Where it keeps its database, as its provider was told."""
    commands = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in running.descendants()]
    (file,) = re.findall(rb"--announce\0([^\0]+)", b"".join(commands))
    return Path(file.decode()).parent


def panel(pid: int) -> bool:
    """Whether it is a process of the panel, and not the simulated provider."""
    return b"simulator" not in Path(f"/proc/{pid}/cmdline").read_bytes()


def environment_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def states(database: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT coalesce(nullif(problem, ''), word) FROM vps_status").fetchall()
    return {state: sum(row == (state,) for row in rows) for (state,) in set(rows)}


def count(database: Path, table: str) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        (number,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(number)


def told(running: Running) -> tuple[str, str, str]:
    """Address, user and password."""
    running.says("Ctrl-C ends it.")
    found = re.search(
        r"Open +(\S+)\nSign in as +(\S+) .+\n(?: +.+\n)+with the password +(\S+)\n", running.printed
    )
    assert found, running.printed
    return found[1], found[2], found[3]


# What a terminal may have set: nonsense, and settings that would make another demo.
TERMINAL = {
    "DATABASE_URL": "nonsense",
    "DEBUG": "maybe",
    "SECRET_KEY": "a",
    "SECRET_KEY_FILE": "/nowhere",
    "VPS_API_URL": "ftp://",
    "VPS_INTERVAL": "never",
    "VPS_CALLS_PER_MINUTE": "1",
    "GUNICORN_CMD_ARGS": "--no-such-option",
}


def demo(folder: Path, **terminal: str) -> tuple[Path, str]:
    """Starts it, looks at it, and ends it as a terminal does; returns its folder and its password."""
    with started([*MANAGE, "demo", "--port", str(free_port())], folder, **terminal) as running:
        address, user, password = told(running)
        assert user == "demo"
        assert "Sign in" in requests.get(f"{address}accounts/login/", timeout=10).text
        made = folder_of(running)
        database = made / "dashboard.sqlite3"
        eventually(lambda: sum(states(database).values()) == 24, "24 machines are there")
        eventually(lambda: states(database).get("running", 0) >= 10, "they are read")
        assert count(database, "vps_member") == 6
        assert count(database, "vps_share") == 2
        processes = running.descendants()
        assert len(processes) >= 4
        assert not any(b"VPS_CALLS_PER_MINUTE=" in environment_of(pid) for pid in processes if panel(pid))
        assert running.interrupt() == 0
    assert [pid for pid in processes if is_running(pid)] == []
    assert "Traceback" not in running.printed
    assert not made.exists()
    return made, password


def test_a_demo_shows_24_machines_and_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    (first, password), (second, other) = demo(tmp_path), demo(tmp_path, **TERMINAL)
    assert first != second
    assert password != other


def test_a_ctrl_c_before_it_runs_ends_it_as_quietly(tmp_path: Path) -> None:
    with started([*MANAGE, "demo", "--port", "0"], tmp_path) as running:
        running.says("simulator started")
        folder = folder_of(running)
        processes = running.descendants()
        assert running.interrupt() == 0
    assert [pid for pid in processes if is_running(pid)] == []
    assert "Traceback" not in running.printed
    assert not folder.exists()
