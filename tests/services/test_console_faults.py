"""Every fault of the provider, through a press of Connect: a ticket, or a sentence that says why there is none."""

import logging
import time

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.provider.fault_server import Fault, FaultServer
from tests.rows import give_machine, give_token
from tests.services import fault_table
from tests.services.collector_kit import give_deadline, status_of
from tests.services.console_faults import CONSOLE_FAULTS
from vps.models import Ability, AuditEvent, ConsoleSession, Machine
from vps.provider import errors
from vps.services.console import Opened, Shut, open_console

pytestmark = pytest.mark.django_db
ORIGIN = "wss://console.example"
SURELY_NO = {
    "token_refused",
    "not_allowed",
    "not_found",
}  # trying again without a look at the token is in vain


def connect(person: User, machine: Machine) -> Opened | Shut:
    return open_console(person, machine.project, machine.product, None)


@pytest.mark.parametrize("fault", CONSOLE_FAULTS, ids=str)
def test_a_ticket_or_a_reason_in_time_and_no_other_machine_is_touched(
    fault: Fault,
    anna: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.VPS_CONSOLE_URL = ORIGIN + "/{project}/{product}/{ticket}"
    deadline = 0.8 if fault.slow else 10.0
    give_deadline(monkeypatch, deadline)
    token = give_token(anna)
    bad, beside = give_machine(token, machine={"product": "vm-bad"}), give_machine(token)
    with caplog.at_level(logging.WARNING), FaultServer(fault, only="vm-bad") as server:
        settings.VPS_API_URL = server.url
        began = time.monotonic()
        way = connect(anna, bad)
        took = time.monotonic() - began
        abilities = list(Ability.objects.values_list("operation", "allowed"))
        if fault.name not in fault_table.MEETS_ALL:
            assert isinstance(connect(anna, beside), Opened)
    event = AuditEvent.objects.filter(code__startswith="console.").earliest("pk")
    stays = ConsoleSession.objects.filter(machine=bad)
    if fault.get is None:
        assert isinstance(way, Opened)
        assert way.url.reveal().startswith(f"{ORIGIN}/{bad.project}/vm-bad/")
        assert [stay.pk for stay in stays] == [way.session]
        assert (event.code, event.outcome) == ("console.opened", "succeeded")
        assert abilities == [("console", True)]
    else:
        assert isinstance(way, Shut)
        assert not stays.exists()
        assert (event.code, event.outcome) == ("console.opened", "failed")
        assert event.detail["reason"] in codes(fault)
        assert way.again is (event.detail["reason"] not in SURELY_NO)
        assert way.sentence.endswith((".", "”."))
        assert abilities == ([("console", False)] if fault.get is errors.NotAllowed else [])
    assert (status_of(bad).word, status_of(bad).problem) == ("running", "")
    assert took <= deadline + 0.5
    assert caplog.records == []


def codes(fault: Fault) -> set[str]:
    expected = fault.get if isinstance(fault.get, tuple) else (fault.get,)
    return {error.code for error in expected if error is not None}
