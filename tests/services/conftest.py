"""What the services' tests share: rows made in a line, and a provider that runs."""

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from vps.models import Access, Machine, Status, Token
from vps.provider.secret import Secret
from vps.services import tokens
from vps.simulator.server import Simulator

GiveToken = Callable[..., Token]
GiveMachine = Callable[..., Machine]


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
def give_token(db: None) -> GiveToken:
    """A stored token, as if it had been added: no provider is asked."""
    numbers = count(1)

    def give(owner: User, name: str = "", secret: str = "", **fields: Any) -> Token:
        token = Token(owner=owner, name=name or f"Token {next(numbers)}", **fields)
        token.seal(secret or f"key_{secrets.token_urlsafe(24)}")
        token.save(force_insert=True)
        return token

    return give


@pytest.fixture
def add_token(simulator: Simulator) -> Callable[..., Token]:
    """A token that is really added, for all projects of the simulator or the given ones."""

    def add(owner: User, name: str = "Mine", secret: str = "", projects: list[str] | None = None) -> Token:
        given = Secret(secret or simulator.tokens[0].token)
        wanted = list(simulator.projects) if projects is None else projects
        outcome = tokens.add_token(owner, name=name, secret=given, projects=wanted)
        assert outcome.saved, [trial.sentence for trial in outcome.trials]
        return Token.objects.get(owner=owner, name=name)

    return add


@pytest.fixture
def give_machine(db: None) -> GiveMachine:
    """A machine heard of 2 s ago, running, which the given token reads. Fields of Status may be set; `machine` holds
    fields of Machine, `access` those of Access."""
    numbers = count(1)

    def give(
        token: Token | None = None,
        *,
        machine: dict[str, Any] | None = None,
        access: dict[str, Any] | None = None,
        **fields: Any,
    ) -> Machine:
        number = next(numbers)
        names = {"project": "prj-1", "product": f"vm-{number}", "name": f"web-{number:02d}"} | (machine or {})
        made = Machine.objects.create(**names)
        Status.objects.create(machine=made, **(heard(timezone.now() - timedelta(seconds=2)) | fields))
        if token is not None:
            give_access(token, made, **(access or {}))
        return made

    return give


def heard(at: datetime, interval: float = 10.0) -> dict[str, Any]:
    """The fields of a status that was read at that moment: running, and on time."""
    due = at + timedelta(seconds=interval)
    return {
        "word": "running",
        "since": at - timedelta(hours=1),
        "heard_at": at,
        "checked_at": at,
        "due_at": due,
        "late_at": due + timedelta(seconds=interval),
        "interval": interval,
        "booted_at": at - timedelta(hours=1),
        "cpu": 15,
        "memory": 50,
        "disk": 20,
        "agent": True,
        "version": "7.2.0",
        "cpus": 2,
        "memory_total": 1024.0,
        "maxdisk": 25_000_000_000,
    }


def give_access(token: Token, machine: Machine, **fields: Any) -> Access:
    fields = {"how": Access.How.LISTED, "proved_at": timezone.now()} | fields
    return Access.objects.create(token=token, machine=machine, **fields)
