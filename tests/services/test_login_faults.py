"""Every fault of the provider, through a reveal and a clear of a default login."""

import logging
import time

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.provider.fault_server import Fault, FaultServer
from tests.rows import give_machine, give_token
from tests.services import login_faults
from tests.services.collector_kit import give_deadline
from vps.models import AuditEvent, Machine
from vps.services.logins import clear_login, reveal_login, show_login

pytestmark = pytest.mark.django_db
PASSWORD = "GeneratedPassword123!"  # the document's


@pytest.fixture
def machine(anna: User) -> Machine:
    return give_machine(give_token(anna), machine={"product": "vm-bad"})


def deadline(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> float:
    seconds = 0.8 if fault.slow else 10.0
    give_deadline(monkeypatch, seconds)
    return seconds


def state(person: User, machine: Machine) -> str:
    return show_login(person, machine.project, machine.product).state


def last_line() -> tuple[str, str]:
    line = AuditEvent.objects.latest("pk")
    return line.code, line.outcome


@pytest.mark.parametrize("fault", login_faults.LOGIN_FAULTS, ids=str)
def test_a_reveal_tells_the_truth_and_in_time(
    fault: Fault,
    anna: User,
    machine: Machine,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    most = deadline(fault, monkeypatch)
    with caplog.at_level(logging.WARNING), FaultServer(fault) as server:
        settings.VPS_API_URL = server.url
        began = time.monotonic()
        revealed = reveal_login(anna, machine.project, machine.product)
        took = time.monotonic() - began
    expected = login_faults.revealed(fault)
    assert revealed.outcome.word == expected
    assert (revealed.login is not None) is (expected == "succeeded")
    assert bool(revealed.outcome.sentence) is (expected != "succeeded")
    assert PASSWORD not in revealed.outcome.sentence
    assert state(anna, machine) == {"succeeded": "held", "failed": "", "gone": "gone"}[expected]
    assert last_line() == ("login.revealed", expected)
    assert took <= most + 0.5
    assert caplog.records == []


@pytest.mark.parametrize("fault", login_faults.LOGIN_FAULTS, ids=str)
def test_a_clear_tells_the_truth_and_in_time_and_is_sent_once(
    fault: Fault,
    anna: User,
    machine: Machine,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    most = deadline(fault, monkeypatch)
    seen = show_login(anna, machine.project, machine.product).seen
    with caplog.at_level(logging.WARNING), FaultServer(fault) as server:
        settings.VPS_API_URL = server.url
        began = time.monotonic()
        outcome = clear_login(anna, machine.project, machine.product, seen)
        took = time.monotonic() - began
    assert outcome.word in login_faults.cleared(fault)
    assert server.connections == (0 if not fault.listens else 1)
    known = {"succeeded": "gone", "gone": "gone", "failed": "", "unknown": "sent"}
    assert state(anna, machine) == known[outcome.word]
    assert last_line() == ("login.cleared", outcome.word)
    assert took <= most + 0.5
    assert caplog.records == []
