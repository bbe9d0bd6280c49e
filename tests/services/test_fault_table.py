"""Every fault of the provider, through a real round of the collector."""

import logging

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from tests.provider.fault_server import FAULTS, Fault, FaultServer
from tests.rows import give_machine, give_token
from tests.services import fault_table
from tests.services.collector_kit import (
    Timed,
    give_deadline,
    hurry,
    status_of,
)
from vps.models import Status
from vps.services.collection import Collector

pytestmark = pytest.mark.django_db
P = Status.Problem


@pytest.fixture(autouse=True)
def soon(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(settings, monkeypatch)


@pytest.mark.django_db(transaction=False)  # this thread alone writes
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_is_a_state_of_its_own_card_and_of_no_other(
    fault: Fault,
    anna: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    deadline = 0.8 if fault.slow else 10.0
    give_deadline(monkeypatch, deadline)
    token, other = give_token(anna), give_token(anna)
    bad = give_machine(token, machine={"product": "vm-bad"})
    beside = give_machine(token)
    elsewhere = give_machine(other)
    with caplog.at_level(logging.WARNING), FaultServer(fault, only="vm-bad") as server:
        settings.VPS_API_URL = server.url
        began = timezone.now()
        Collector(threads=4).run_once()
    row = status_of(bad)
    assert row.checked_at is not None
    assert row.checked_at >= began
    assert row.problem in fault_table.problems(fault)
    assert row.word == fault_table.word(fault)
    assert row.cpu == 15
    healthy = [elsewhere] if fault_table.is_about_the_token(fault) else [beside, elsewhere]
    if fault.name not in fault_table.MEETS_ALL:
        for machine in healthy:
            assert (status_of(machine).word, status_of(machine).problem) == ("running", "")
            assert (status_of(machine).heard_at or began) > began
    assert max(Timed.took) <= deadline + 0.5
    assert caplog.records == []
