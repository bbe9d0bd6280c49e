"""A panel as processes under a fault: what must hold meanwhile, and how it comes back."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from tests.commands.test_collect_locked import all_heard_since
from tests.prove.web import Visitor, Watcher, Web, address
from tests.prove.witness import Witness
from tests.services.collector_kit import eventually
from vps.models import Machine, Sample, Status
from vps.provider.secret import Secret
from vps.services.tokens import add_token

RECOVERY = 5.0
MACHINES = 60


class Scene:
    """The panel as processes, and Anna with an open board. `limits` are settings of both processes."""

    def __init__(self, folder: Path, provider: Witness, anna: User, **limits: str) -> None:
        self.provider = provider
        self.web, self.collector = (
            Web(folder, provider.api, more=limits),
            Watcher(folder, provider.api, more=limits),
        )
        self.anna = Visitor.of(anna, self.web)
        self.tab = requests.Session()
        self.tab.cookies.set("sessionid", self.anna.session)

    def pages_are_read(self) -> None:
        machine = Machine.objects.order_by("pk")[0]
        for path in ("/", "/cards/", address(machine)):
            answer = self.tab.get(f"{self.web.url}{path}", timeout=10)
            assert answer.status_code == 200, (path, answer.status_code)
            assert machine.name in answer.text

    def all_is_heard_again(self) -> float:
        """Within 5 seconds; how many it took."""
        free, began = timezone.now(), time.monotonic()
        eventually(lambda: all_heard_since(free), "all are heard of again", RECOVERY)
        return time.monotonic() - began

    def nothing_was_doubled(self) -> None:
        """No check was written that was not made."""
        assert Sample.objects.count() <= self.provider.calls.count("status")
        assert not Status.objects.exclude(problem="").exists()
        for server in (self.web, self.collector):
            assert "a turn of the collector failed" not in server.log.read_text()


@contextmanager
def opened(folder: Path, anna: User, provider: Witness, **limits: str) -> Iterator[Scene]:
    scene = Scene(folder, provider, anna, **limits)
    with ExitStack() as stack:
        for server in (scene.collector, scene.web):
            stack.callback(server.kill)
            server.start()
        yield scene


@contextmanager
def read_by(anna: User, settings: Settings) -> Iterator[Witness]:
    """A provider whose machines Anna's token lists and reads."""
    with Witness(machines=MACHINES) as running:
        settings.VPS_API_URL = running.api
        token = Secret(running.tokens[0].token)
        assert add_token(anna, name="Mine", secret=token, projects=list(running.projects)).saved
        yield running
