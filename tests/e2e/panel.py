"""The real panel as processes: gunicorn and the collector, on a free port, with a database of their own."""

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import dj_database_url
import requests
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connections
from django.utils import timezone
from playwright.sync_api import BrowserContext

from tests.conftest import PASSWORD
from tests.e2e.database import ROOT, environment
from vps.management.commands.serve import collect_command, web_command

PATIENCE = 30.0
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@cache
def _sealed_password() -> str:
    """As production stores it; it takes a third of a second, so all have the same."""
    return PBKDF2PasswordHasher().encode(PASSWORD, "salt-of-the-tests")


@dataclass
class Panel:
    folder: Path
    database: str
    api: str
    unblock: Callable[[], AbstractContextManager[None]]
    interval: float = 1
    console: str = ""
    broken: bool = False
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.bind = f"127.0.0.1:{probe.getsockname()[1]}"
        self.url = f"http://{self.bind}"
        self.alias = f"panel-{secrets.token_hex(4)}"
        # A second connection of this process: people and sessions are made without a form.
        connections.databases[self.alias] = {
            **connections.databases["default"],
            **dj_database_url.parse(self.database),
            "OPTIONS": {},
        }

    # processes ----------------------------------------------------------------------------------------

    def start(self) -> None:
        self.start_collector()
        self.start_web()

    def start_web(self) -> None:
        self._start("web", web_command(self.bind, 1))
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self.processes["web"].poll() is None, self.log("web")
            assert time.monotonic() < deadline, self.log("web")
            time.sleep(0.05)

    def start_collector(self) -> None:
        self._start("collector", collect_command())

    def _start(self, name: str, command: list[str]) -> None:
        told = {
            "VPS_INTERVAL": str(self.interval),
            "VPS_IDLE_INTERVAL": str(self.interval),
            "VPS_CALLS_PER_MINUTE": "1000000",
            "PUBLIC_URL": self.url,
        }
        asked = {"VPS_API_URL": self.api, "VPS_CONSOLE_URL": self.console}
        variables = {**environment(self.database), **told, **asked}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=variables, stdout=log, stderr=subprocess.STDOUT
            )

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/accounts/login/", timeout=PATIENCE).ok
        except requests.ConnectionError:
            return False

    def end(self, name: str, number: int = signal.SIGTERM) -> None:
        process = self.processes.pop(name)
        process.send_signal(number)
        process.wait(PATIENCE)

    def freeze(self, name: str, frozen: bool = True) -> None:
        """A process that is stopped keeps its socket and answers nobody."""
        parent = self.processes[name].pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for pid in [parent, *map(int, children)]:
            os.kill(pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def close(self) -> None:
        with self.unblock():
            connections[self.alias].close()
        for name in list(self.processes):
            self.end(name)

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    @contextmanager
    def broken_database(self) -> Iterator[None]:
        """Meanwhile nobody can be signed in: the table of sessions has another name."""
        self.broken = True
        self._rename("django_session", "moved_away")
        try:
            yield
        finally:
            self._rename("moved_away", "django_session")

    def _rename(self, table: str, name: str) -> None:
        with self.unblock(), connections[self.alias].cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} RENAME TO {name}")

    # people -------------------------------------------------------------------------------------------

    def person(self, name: str) -> User:
        """Somebody who signs in with PASSWORD."""
        fields = {"username": name, "email": f"{name}@example.org", "password": _sealed_password()}
        with self.unblock():
            return User.objects.using(self.alias).create(**fields)

    def disable(self, person: User) -> None:
        """Whose machines the collector asks no more."""
        with self.unblock():
            User.objects.using(self.alias).filter(pk=person.pk).update(is_active=False)

    def session(self, person: User, *, lately: bool = True) -> str:
        """Signs a person in without the form; returns the cookie. Not `lately`: some time ago."""
        told: dict[str, Any] = {
            SESSION_KEY: str(person.pk),
            BACKEND_SESSION_KEY: BACKEND,
            HASH_SESSION_KEY: person.get_session_auth_hash(),
            "account_authentication_methods": [{"method": "password", "at": time.time()}] if lately else [],
            "account_authentication_methods_user": str(person.pk),
        }
        key = secrets.token_hex(16)
        data, until = SessionStore().encode(told), timezone.now() + timedelta(days=1)
        with self.unblock():
            Session.objects.using(self.alias).create(session_key=key, session_data=data, expire_date=until)
        return key

    def end_session(self, cookie: str) -> None:
        with self.unblock():
            Session.objects.using(self.alias).filter(session_key=cookie).delete()

    def let_in(self, context: BrowserContext, cookie: str) -> None:
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": self.url, "httpOnly": True}])

    def post(self, path: str, cookie: str, fields: dict[str, str]) -> requests.Response:
        """What a form of ours sends, without a browser."""
        csrf = secrets.token_hex(16)
        return requests.post(
            f"{self.url}{path}",
            data={"csrfmiddlewaretoken": csrf, **fields},
            cookies={"sessionid": cookie, "csrftoken": csrf},
            allow_redirects=False,
            timeout=PATIENCE,
        )
