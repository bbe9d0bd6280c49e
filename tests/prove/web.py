"""The panel's processes as the product starts them, on the tests' own database; each may be killed at any time."""

import os
import secrets
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from django.contrib.auth.models import User
from django.test import Client

from tests.commands.processes import MANAGE, database_url, free_port
from tests.services.collector_kit import PATIENCE
from tests.settings import TEST_ENVIRONMENT
from vps.management.commands.serve import web_command
from vps.models import Machine

BUTTONS = {"start": "start", "stop": "shutdown", "reboot": "reboot", "kill": "force-stop"}


@dataclass
class Server:
    """A process of the panel, with all that it starts itself. `kill` may come at any time, `start` after it."""

    folder: Path
    api: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    more: dict[str, str] = field(default_factory=dict)  # settings of this one alone

    def start(self, api: str = "") -> None:
        """With `api` the provider is somewhere else."""
        told = {"DATABASE_URL": database_url(), "PUBLIC_URL": self.url, "VPS_API_URL": api or self.api}
        variables = {**TEST_ENVIRONMENT, **told, **self.settings(), **self.more, "PATH": os.environ["PATH"]}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), env=variables, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def kill(self) -> None:
        """All its processes at once, and nothing of them lives on when this returns."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / f"{type(self).__name__}-{self.port}.log"

    def command(self) -> list[str]:
        raise NotImplementedError

    def settings(self) -> dict[str, str]:
        return {}


class Web(Server):
    def command(self) -> list[str]:
        return web_command(f"127.0.0.1:{self.port}", 1)

    def start(self, api: str = "") -> None:
        """Returns when it answers."""
        super().start(api)
        deadline = time.monotonic() + 3 * PATIENCE
        while not self._answers():
            assert time.monotonic() < deadline, self.log.read_text()
            assert self.process, "it was never started"
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)

    def _answers(self) -> bool:
        with suppress(requests.ConnectionError):
            return requests.get(f"{self.url}/accounts/login/", timeout=PATIENCE).ok
        return False


class Watcher(Server):
    """The collector: each machine once a second."""

    def command(self) -> list[str]:
        return [*MANAGE, "collect"]

    def settings(self) -> dict[str, str]:
        return {"VPS_INTERVAL": "1", "VPS_IDLE_INTERVAL": "1", "VPS_CALLS_PER_MINUTE": "1000000"}


@dataclass
class Visitor:
    """A person's browser, as far as pressing a button takes one: a session, and a form's token and nonce."""

    web: Web
    session: str

    @classmethod
    def of(cls, person: User, web: Web) -> "Visitor":
        client = Client()
        client.force_login(person)
        return cls(web, client.cookies["sessionid"].value)

    def at(self, web: Web) -> "Visitor":
        return Visitor(web, self.session)

    def press(self, machine: Machine, command: str, nonce: str, **headers: str) -> requests.Response:
        """Raises requests.RequestException if the web server is killed meanwhile."""
        fields = {"nonce": nonce, "sure": "on"}
        return self.post(f"{address(machine)}{BUTTONS[command]}/", fields, **headers)

    def follow(self, answer: requests.Response) -> requests.Response:
        """The page that a form without a script leads to; what it says once is in a cookie."""
        cookies = {"sessionid": self.session, **answer.cookies}
        address = f"{self.web.url}{answer.headers['Location']}"
        return requests.get(address, cookies=cookies, timeout=PATIENCE)

    def post(self, path: str, fields: dict[str, Any], **headers: str) -> requests.Response:
        """What a form of ours sends."""
        csrf = secrets.token_hex(16)
        return requests.post(
            f"{self.web.url}{path}",
            data={"csrfmiddlewaretoken": csrf, **fields},
            cookies={"sessionid": self.session, "csrftoken": csrf},
            headers=headers,
            allow_redirects=False,
            timeout=PATIENCE,
        )


def address(machine: Machine) -> str:
    return f"/machines/{machine.project}/{machine.product}/"
