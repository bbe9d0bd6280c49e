"""Fresh databases for whole panels: migrated once, then copied. On the server of TEST_DATABASE_URL, or SQLite files."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.settings import TEST_ENVIRONMENT

ROOT = Path(__file__).parent.parent.parent
SERVER = os.environ.get("TEST_DATABASE_URL") or ""


def environment(database: str) -> dict[str, str]:
    """What a panel's processes get: nothing of this terminal but its PATH. DEBUG is off, as in production."""
    same = {name: TEST_ENVIRONMENT[name] for name in ("SECRET_KEY", "TOKEN_KEYS", "VPS_API_URL")}
    return {"PATH": os.environ["PATH"], "DATABASE_URL": database, **same}


def manage(database: str, *words: str) -> None:
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(database), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def migrated_database(folder: Path) -> Iterator[str]:
    """The URL of an empty, migrated database, which `copied_database` copies."""
    with _postgres_database() if SERVER else _file(folder / "blank.sqlite3") as url:
        manage(url, "migrate", "--verbosity", "0")
        yield url


@contextmanager
def copied_database(blank: str, folder: Path) -> Iterator[str]:
    if SERVER:
        with _postgres_database(blank) as url:
            yield url
    else:
        shutil.copy(blank.removeprefix("sqlite:///"), folder / "panel.sqlite3")
        yield f"sqlite:///{folder}/panel.sqlite3"


@contextmanager
def _file(path: Path) -> Iterator[str]:
    yield f"sqlite:///{path}"


@contextmanager
def _postgres_database(like: str = "") -> Iterator[str]:
    name = f"panel_{secrets.token_hex(6)}"
    template = f" TEMPLATE {urlsplit(like).path[1:]}" if like else ""
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}{template}".encode())
        try:
            yield urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
