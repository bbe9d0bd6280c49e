"""Every fault of the provider, through a press of a power button."""

import logging
import time

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.provider.fault_server import FAULTS, Fault, FaultServer
from tests.rows import give_machine, give_token
from tests.services import fault_table
from tests.services.collector_kit import give_deadline, status_of
from vps.models import AuditEvent, Machine, PowerAction
from vps.services.power import press_button

pytestmark = pytest.mark.django_db
State, Observed = PowerAction.State, PowerAction.Observed


def start(person: User, machine: Machine, nonce: str = "first") -> PowerAction:
    pressed = press_button(person, machine.project, machine.product, PowerAction.Command.START, nonce)
    return pressed.action


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_an_outcome_is_the_true_one_and_no_other_machine_is_touched(
    fault: Fault,
    anna: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    deadline = 0.8 if fault.slow else 10.0
    give_deadline(monkeypatch, deadline)
    token = give_token(anna)
    bad, beside = give_machine(token, machine={"product": "vm-bad"}, word="stopped"), give_machine(token)
    known = status_of(beside)
    with caplog.at_level(logging.WARNING), FaultServer(fault, only="vm-bad") as server:
        settings.VPS_API_URL = server.url
        began = time.monotonic()
        action = start(anna, bad)
        took = time.monotonic() - began
        sent = len(server.received)
        again = start(anna, bad)
        assert (again.pk, len(server.received)) == (action.pk, sent)
        assert status_of(beside).revision == known.revision
        if fault.name not in fault_table.MEETS_ALL:
            assert start(anna, beside).state == State.SUCCEEDED
    assert action.state in fault_table.states(fault)
    assert sent == (1 if fault_table.is_received(fault) else 0)
    assert action.observed == (Observed.NONE if action.state == State.FAILED else Observed.WATCHING)
    assert (action.reason == "") is (action.state == State.SUCCEEDED)
    assert lines_of(action) == [("power.requested", ""), ("power.answered", action.state)]
    assert (status_of(bad).word, status_of(bad).problem) == ("stopped", "")
    assert took <= deadline + 0.5
    assert caplog.records == []


def lines_of(action: PowerAction) -> list[tuple[str, str]]:
    lines = AuditEvent.objects.filter(detail__action=action.pk).order_by("pk")
    return list(lines.values_list("code", "outcome"))
