"""What the services' tests share: a teammate, and a provider that runs. Rows are made by tests.rows."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from tests.rows import give_token
from tests.services.collector_kit import hurry
from vps.models import Token
from vps.provider.secret import Secret
from vps.services import tokens
from vps.simulator.server import Simulator

AddToken = Callable[..., Token]


@pytest.fixture
def ben(person: Callable[..., User]) -> User:
    """A teammate, or a stranger: nothing is shared with him."""
    return person("ben")


@pytest.fixture
def simulator(settings: Settings) -> Iterator[Simulator]:
    """A provider with 8 machines in four projects, which the panel asks."""
    with Simulator(machines=8, calls_per_minute=100_000) as running:
        settings.VPS_API_URL = running.api
        yield running


@pytest.fixture
def add_token(simulator: Simulator) -> AddToken:
    """A token that is really added, for all projects of the simulator or the given ones."""

    def add(owner: User, name: str = "Mine", secret: str = "", projects: list[str] | None = None) -> Token:
        given = Secret(secret or simulator.tokens[0].token)
        wanted = list(simulator.projects) if projects is None else projects
        outcome = tokens.add_token(owner, name=name, secret=given, projects=wanted)
        assert outcome.saved, [trial.sentence for trial in outcome.trials]
        return Token.objects.get(owner=owner, name=name)

    return add


@pytest.fixture
def bens(ben: User) -> Token:
    """His token, whose row alone exists."""
    return give_token(ben)


@pytest.fixture
def soon(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds of a second, so that several fit into a test."""
    hurry(settings, monkeypatch)


@pytest.fixture
def still(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands at the module's NOW, which was taken when the module was read: minutes before, in a long run."""
    monkeypatch.setattr(timezone, "now", lambda: request.module.NOW)
