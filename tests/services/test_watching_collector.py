"""The collector watches machines in motion: at once, closely, only them, and only as long as it takes."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from tests.rows import give_action
from tests.services.collector_kit import collecting, eventually, machines_of, status_of
from tests.services.power_kit import Observed, State, press
from vps.models import Machine, PowerAction, Token
from vps.services import close_watch, collection
from vps.services.watching import GRACE_SECONDS
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
AddToken = Callable[..., Token]


@pytest.fixture(autouse=True)
def soon(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes between two usual checks: what is asked sooner is watched closely, here five times a second."""
    settings.VPS_INTERVAL = settings.VPS_IDLE_INTERVAL = 600
    settings.VPS_CALLS_PER_MINUTE = 100_000
    monkeypatch.setattr(collection, "PLAN_SECONDS", 0.2)
    monkeypatch.setattr(collection, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(collection, "SWEEP_SECONDS", 0.2)
    monkeypatch.setattr(close_watch, "CLOSE_SECONDS", 0.2)


@pytest.fixture
def machines(anna: User, add_token: AddToken, simulator: Simulator) -> list[Machine]:
    """Eight, all running for an hour."""
    found = machines_of(add_token(anna))
    for machine in found:
        simulator.set(machine.product, status="running", uptime=3600)
    return found


def all_heard(machines: list[Machine]) -> None:
    eventually(lambda: all(status_of(m).word == "running" for m in machines), "all are heard of")


def last(machine: Machine) -> PowerAction:
    return machine.actions.latest("pk")


def asked(simulator: Simulator, machine: Machine) -> int:
    return simulator.calls.count("status", machine.product)


def test_a_machine_in_motion_is_asked_closely_until_it_is_there_and_the_others_as_usual(
    anna: User, machines: list[Machine], simulator: Simulator
) -> None:
    moving, later, *others = machines
    for machine in (moving, later):
        simulator.set(machine.product, obeys=False)
    with collecting():
        all_heard(machines)
        before = asked(simulator, moving)
        press(anna, moving, "stop")
        eventually(lambda: asked(simulator, moving) >= before + 5, "it is asked again and again")
        assert last(moving).observed == Observed.WATCHING
        simulator.set(moving.product, status="stopped")
        eventually(lambda: last(moving).observed == Observed.REACHED, "it is seen stopped")
        eventually(lambda: status_of(moving).interval == 600, "it is asked as usual again")
        known, before = asked(simulator, moving), asked(simulator, later)
        press(anna, later, "stop")
        eventually(lambda: asked(simulator, later) >= before + 5, "another is asked")
        assert asked(simulator, moving) <= known + 1  # its usual moment may have come
    row = status_of(moving)
    assert row.late_at >= row.due_at + timedelta(seconds=600)
    assert max(asked(simulator, machine) for machine in others) <= 2


# What the machine does in the end, without the seconds that it takes.
DONE: dict[str, dict[str, object]] = {
    "start": {"status": "running"},
    "stop": {"status": "stopped"},
    "kill": {},
    "reboot": {"uptime": 0},
}


@pytest.mark.parametrize("command", DONE)
def test_each_command_is_seen_to_be_done(
    command: str, anna: User, machines: list[Machine], simulator: Simulator
) -> None:
    machine = machines[0]
    if command == "start":
        simulator.set(machine.product, status="stopped")
    with collecting():
        eventually(lambda: status_of(machine).heard_at, "it is heard of")
        press(anna, machine, command)
        simulator.set(machine.product, **DONE[command])
        eventually(lambda: last(machine).observed == Observed.REACHED, "it is seen to be done")
    assert status_of(machine).word == ("running" if command in ("start", "reboot") else "stopped")
    assert simulator.calls.count("control") == 1


def test_a_check_that_was_under_way_at_the_press_ends_nothing_by_what_was_before(
    anna: User, machines: list[Machine], simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked while the machine is off for a moment, and answered when it has been told to stop, and does not."""
    monkeypatch.setattr(close_watch, "CLOSE_SECONDS", 2.0)  # so that each answer is written alone
    machine = machines[0]
    simulator.set(machine.product, status="stopped", obeys=False)
    simulator.fault("latency", kind="status", product=machine.product, seconds=2.5, times=1)
    with collecting():
        eventually(lambda: asked(simulator, machine), "it is asked")
        simulator.set(machine.product, status="running")
        assert press(anna, machine, "stop").action.state == State.SUCCEEDED
        assert status_of(machine).word == ""
        eventually(lambda: status_of(machine).word == "running", "it is asked again")
        assert [change.word for change in machine.changes.order_by("at")] == ["stopped", "running"]
        assert last(machine).observed == Observed.WATCHING


def test_what_is_pressed_while_no_collector_runs_is_seen_by_the_next_one(
    anna: User, machines: list[Machine]
) -> None:
    press(anna, machines[0], "kill")
    with collecting():
        eventually(lambda: last(machines[0]).observed == Observed.REACHED, "it is seen to be done")


def test_while_no_collector_runs_the_same_command_waits_for_its_time_only(
    anna: User, machines: list[Machine], simulator: Simulator
) -> None:
    machine = machines[0]
    first = press(anna, machine, "stop").action
    assert not press(anna, machine, "stop").mine
    PowerAction.objects.update(watch_until=first.requested_at - timedelta(seconds=31))
    again = press(anna, machine, "stop")
    assert again.mine
    first.refresh_from_db()
    assert first.observed == Observed.NOT_SEEN


def test_the_collector_ends_what_dead_processes_left_and_sends_nothing(
    anna: User, machines: list[Machine], simulator: Simulator
) -> None:
    long_ago = last_hour()
    left = [
        give_action(machines[0], anna, state="requested", requested_at=long_ago, sent_at=None),
        give_action(
            machines[1], anna, state="sent", requested_at=long_ago, sent_at=long_ago, watch_until=long_ago
        ),
        give_action(machines[2], anna, state="succeeded", sent_at=long_ago, watch_until=long_ago),
    ]

    def ends() -> list[tuple[str, str]]:
        return list(
            PowerAction.objects.filter(pk__in=[a.pk for a in left])
            .order_by("pk")
            .values_list("state", "observed")
        )

    with collecting():
        eventually(
            lambda: ends() == [("failed", ""), ("unknown", "not_seen"), ("succeeded", "not_seen")],
            "each has ended",
        )
    assert simulator.calls.count("control") == 0


def last_hour() -> datetime:
    return timezone.now() - timedelta(hours=1)


def test_a_machine_that_nobody_hears_of_was_not_seen(
    anna: User, machines: list[Machine], simulator: Simulator
) -> None:
    machine = machines[0]
    with collecting():
        all_heard(machines)
        simulator.fault("status", code=500, kind="status", product=machine.product)
        press(anna, machine, "stop")
        PowerAction.objects.update(watch_until=timezone.now() - timedelta(seconds=GRACE_SECONDS))
        eventually(lambda: last(machine).observed == Observed.NOT_SEEN, "its watch has ended")
