"""What a process that died left open is ended, once, and nothing is sent again; a late answer is the truth still."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from tests.provider.fault_server import FAULTS, Exchange, Fault, FaultServer
from tests.rows import give_action, give_machine, give_token
from tests.services.power_kit import Observed, State, lines, outcomes, press, press_and_die, revision
from vps.models import Machine, PowerAction, Status
from vps.provider.client import Client
from vps.services import power
from vps.services.outcomes import _give_up
from vps.services.power import sweep_actions

pytestmark = pytest.mark.django_db
NO_ANSWER = [("power.requested", ""), ("power.answered", "unknown")]


@pytest.fixture
def machine(anna: User) -> Machine:
    return give_machine(give_token(anna), word="stopped", booted_at=None)


@pytest.fixture
def server(settings: Settings) -> Any:
    with FaultServer() as running:
        settings.VPS_API_URL = running.url
        yield running


def later(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def age(machine: Machine, seconds: float) -> None:
    """Its actions were pressed so long ago."""
    for action in machine.actions.all():
        for name in ("requested_at", "sent_at", "watch_until"):
            if moment := getattr(action, name):
                setattr(action, name, moment - timedelta(seconds=seconds))
        action.save()


def test_what_was_never_sent_has_failed_after_half_a_minute(
    anna: User, machine: Machine, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    press_and_die(monkeypatch, power, "_mark_sent", anna, machine)
    assert sweep_actions(later(29)) == 0
    before = revision(machine)
    assert sweep_actions(later(31)) == 1
    action = machine.actions.get()
    assert (action.state, action.reason, action.observed) == ("failed", "never_sent", "")
    assert revision(machine) > before
    assert lines(machine) == [("power.requested", ""), ("power.answered", "failed")]
    assert sweep_actions(later(32)) == 0
    assert server.connections == 0


def test_what_was_sent_and_not_answered_is_unknown_after_35_seconds(
    anna: User, machine: Machine, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    press_and_die(monkeypatch, Client, "control", anna, machine)
    assert sweep_actions(later(34)) == 0
    before = revision(machine)
    assert sweep_actions(later(36)) == 1
    action = machine.actions.get()
    assert (action.state, action.reason, action.observed) == ("unknown", "no_answer", "watching")
    assert revision(machine) > before
    assert lines(machine) == NO_ANSWER
    assert sweep_actions(later(37)) == 0


def test_a_sweep_may_be_for_one_machine_alone(
    anna: User, machine: Machine, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = give_machine(give_token(anna))
    for each in (machine, other):
        press_and_die(monkeypatch, Client, "control", anna, each)
    assert sweep_actions(later(60), machine_id=other.pk) == 1
    assert (outcomes(machine), outcomes(other)) == ([("start", "sent")], [("start", "unknown")])


@pytest.mark.parametrize(("where", "name"), [(power, "_mark_sent"), (Client, "control")])
def test_before_a_new_action_the_machines_own_leftovers_are_ended(
    where: Any,
    name: str,
    anna: User,
    machine: Machine,
    server: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    press_and_die(monkeypatch, where, name, anna, machine)
    assert press(anna, machine, "stop").conflict
    age(machine, 40)
    server.fault = Fault("obeys", obey, None, None)
    new = press(anna, machine, "stop")
    assert new.mine
    assert new.action.state == State.SUCCEEDED
    assert outcomes(machine)[0][1] in ("failed", "unknown")
    assert len(server.received) == 1


def obey(exchange: Exchange) -> None:
    reply = exchange.documented()
    reply["action"]["command"] = "stop"
    exchange.answer_json(reply)


def test_a_press_that_was_given_up_before_it_was_sent_sends_nothing(
    anna: User, machine: Machine, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = power._mark_sent

    def sleep_long(action: PowerAction) -> None:
        age(machine, 31)
        real(action)

    monkeypatch.setattr(power, "_mark_sent", sleep_long)
    action = press(anna, machine).action
    assert (action.state, action.reason) == ("failed", "never_sent")
    assert server.connections == 0


@pytest.mark.parametrize(
    ("name", "state", "observed"),
    [
        ("more fields", State.SUCCEEDED, Observed.WATCHING),
        ("400", State.FAILED, Observed.NONE),
        ("500", State.UNKNOWN, Observed.WATCHING),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_an_answer_that_comes_after_the_sweep_is_the_truth(
    name: str, state: str, observed: str, anna: User, machine: Machine, server: FaultServer
) -> None:
    fault = next(fault for fault in FAULTS if fault.name == name)
    swept: list[int] = []

    def answer_late(exchange: Exchange) -> None:
        swept.append(sweep_actions(later(36)))
        connection.close()
        fault.respond(exchange)

    server.fault = Fault("late", answer_late, None, None)
    action = press(anna, machine).action
    assert swept == [1]
    assert (action.state, action.observed) == (state, observed)
    assert action.reason != "no_answer"
    assert lines(machine) == [*NO_ANSWER, ("power.answered", state)]
    assert len(server.received) == 1


@pytest.mark.parametrize("state", ["sent", "succeeded", "failed", "unknown"])
def test_what_went_on_while_the_sweep_looked_is_left_alone(state: str, anna: User, machine: Machine) -> None:
    action = give_action(machine, anna, state=state, reason="told")
    assert not _give_up(action.pk, State.REQUESTED, timezone.now())
    action.refresh_from_db()
    assert (action.state, action.reason) == (state, "told")
    assert lines(machine) == []


def test_a_reload_after_the_sweep_shows_it_and_sends_nothing(
    anna: User, machine: Machine, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = press(anna, machine, nonce="page-1").action
    PowerAction.objects.filter(pk=first.pk).update(state=State.SENT, answered_at=None)
    age(machine, 40)
    again = press(anna, machine, nonce="page-1")
    assert (again.mine, again.action.pk, again.action.state) == (False, first.pk, "unknown")
    assert len(server.received) == 1


def test_an_action_that_was_refused_leaves_the_one_before_it_on_the_card(
    anna: User, machine: Machine, server: FaultServer
) -> None:
    started = press(anna, machine).action
    server.fault = next(fault for fault in FAULTS if fault.name == "400")
    press(anna, machine, "stop")
    assert Status.objects.get(machine=machine).last_action == started
