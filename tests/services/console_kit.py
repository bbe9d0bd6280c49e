"""What the tests of consoles share: a machine that Anna may act on, and ways to open its console."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from vps.models import AuditEvent, ConsoleSession, Machine, Token
from vps.services.console import Opened, Shut, open_console
from vps.simulator.server import Simulator

Ended = ConsoleSession.Ended
NOBODYS = uuid.UUID(int=7)


@pytest.fixture
def web(simulator: Simulator, settings: Settings, anna: User, add_token: Callable[..., Token]) -> Machine:
    """A running machine that Anna's token reads."""
    settings.VPS_CONSOLE_URL = simulator.console
    add_token(anna)
    machine = Machine.objects.order_by("pk")[0]
    simulator.set(machine.product, status="running")
    return machine


def opened(user: User, machine: Machine, session: uuid.UUID | None = None) -> Opened:
    way = open_console(user, machine.project, machine.product, session)
    assert isinstance(way, Opened), way
    return way


def shut(user: User, machine: Machine) -> Shut:
    way = open_console(user, machine.project, machine.product, None)
    assert isinstance(way, Shut)
    return way


def lines() -> list[tuple[str, str, str, str]]:
    events = AuditEvent.objects.filter(code__startswith="console.").order_by("pk")
    return [(event.code, event.outcome, event.person, event.product) for event in events]


def age(session: uuid.UUID, seconds: float) -> None:
    seen = timezone.now() - timedelta(seconds=seconds)
    ConsoleSession.objects.filter(pk=session).update(seen_at=seen)
