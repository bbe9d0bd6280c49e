"""A process that stands still between its row and its call sends nothing when it wakes."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.services.conftest import AddToken
from vps.models import Ability, Machine, PowerAction
from vps.services import power
from vps.services.collection import Collector
from vps.services.power import press_button, press_of
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
State = PowerAction.State


@pytest.fixture
def machine(anna: User, add_token: AddToken) -> Machine:
    add_token(anna)
    Collector().run_once()
    return Machine.objects.filter(status__word="running").first() or pytest.fail("none runs")


def test_it_says_that_nothing_was_sent(
    anna: User, machine: Machine, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = power._mark_sent

    def and_sleep(action: PowerAction) -> None:
        mark(action)
        action.requested_at = timezone.now() - timedelta(minutes=2)

    monkeypatch.setattr(power, "_mark_sent", and_sleep)
    press = press_button(anna, machine.project, machine.product, PowerAction.Command.REBOOT, "one")
    press.action.refresh_from_db()
    assert (press.action.state, press.action.reason) == (State.FAILED, "unreachable.late")
    assert simulator.calls.received("control") == []


def test_a_fault_of_our_own_tells_nothing_of_what_the_token_may_do(
    anna: User, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(action: PowerAction) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(power, "_mark_sent", fail)
    press = press_button(anna, machine.project, machine.product, PowerAction.Command.REBOOT, "one")
    assert press.action.state == State.FAILED
    assert not Ability.objects.filter(operation="power").exists()


@pytest.mark.parametrize("nonce", ["a\0b", "ü" * 10, "x" * 400, "\ud800"])
def test_a_strange_nonce_names_a_press_all_the_same(
    nonce: str, anna: User, machine: Machine, simulator: Simulator
) -> None:
    for mine in (True, False):
        press = press_button(anna, machine.project, machine.product, PowerAction.Command.REBOOT, nonce)
        assert press.mine is mine
    assert len(press_of("reboot", nonce)) <= 64
    assert len(simulator.calls.received("control")) == 1
