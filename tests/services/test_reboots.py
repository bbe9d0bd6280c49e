"""Reboots that nobody pressed here: found by a younger boot, and by nothing that only looks like one."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.rows import give_action, give_machine, give_token
from tests.services.collector_kit import NOON, RUNNING, STOPPED, known_machine, reading, seconds
from vps.models import Machine, Reboot, Status, Token
from vps.provider.errors import Unreachable
from vps.services.figures import booted_at
from vps.services.machines import show_machine
from vps.services.readings import write_readings
from vps.services.reboots import new_boot

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine(anna: User) -> Machine:
    """Booted an hour before noon, heard of 10 s before noon."""
    return known_machine(give_token(anna))


def up(uptime: int) -> Any:
    return replace(RUNNING, uptime=uptime)


def found() -> list[tuple[float, float]]:
    """Seconds after noon: the boot, and when it was last heard before."""
    rows = Reboot.objects.order_by("pk")
    return [((r.booted_at - NOON).total_seconds(), (r.heard_before - NOON).total_seconds()) for r in rows]


def test_a_younger_boot_is_found_once(machine: Machine) -> None:
    write_readings([reading(machine, NOON, up(4))])
    write_readings([reading(machine, NOON + seconds(10), up(14))])
    write_readings([reading(machine, NOON + seconds(20), up(24))])
    assert found() == [(-4, -10)]


def test_it_is_found_after_a_time_in_which_nobody_asked_or_nothing_was_answered(machine: Machine) -> None:
    write_readings([reading(machine, NOON, Unreachable("timeout"))])
    write_readings([reading(machine, NOON + seconds(900), up(60))])
    assert found() == [(840, -10)]


def test_a_machine_that_was_seen_stopped_was_started_and_not_rebooted(machine: Machine) -> None:
    write_readings([reading(machine, NOON, STOPPED)])
    write_readings([reading(machine, NOON + seconds(10), up(5))])
    assert found() == []


def press(machine: Machine, who: User, second: float, command: str = "reboot", **fields: Any) -> None:
    at = NOON + seconds(second)
    give_action(machine, who, command, requested_at=at, sent_at=at, observed="not_seen", **fields)


@pytest.mark.parametrize(
    ("second", "command", "state", "explained"),
    [
        (-8, "reboot", "succeeded", True),
        (-8, "reboot", "unknown", True),
        (-300, "reboot", "succeeded", True),  # the guest took its time
        (-8, "reboot", "failed", False),
        (-8, "stop", "succeeded", False),  # who pressed that did not ask for a boot
        (-700, "reboot", "succeeded", False),  # long ago, and not obeyed
        (-3700, "reboot", "succeeded", False),  # made the boot before
    ],
)
def test_what_somebody_pressed_here_explains_a_boot(
    machine: Machine, anna: User, second: float, command: str, state: str, explained: bool
) -> None:
    press(machine, anna, second, command, state=state)
    write_readings([reading(machine, NOON, up(4))])
    assert bool(found()) is not explained


def test_a_press_explains_one_boot_and_not_the_next(machine: Machine, anna: User) -> None:
    press(machine, anna, -8)
    write_readings([reading(machine, NOON, up(4))])
    write_readings([reading(machine, NOON + seconds(60), up(20))])
    assert found() == [(40, 0)]


def test_another_machines_press_explains_nothing(machine: Machine, anna: User) -> None:
    press(known_machine(give_token(anna)), anna, -8)
    write_readings([reading(machine, NOON, up(4))])
    assert found() == [(-4, -10)]


@given(
    boot=st.floats(-1e6, -1),
    calls=st.lists(st.tuples(st.floats(1, 120), st.floats(0, 5), st.floats(0, 1)), min_size=2, max_size=12),
    drift=st.floats(-1e-4, 1e-4),
)
def test_neither_jitter_nor_drift_is_a_boot(
    boot: float, calls: list[tuple[float, float, float]], drift: float
) -> None:
    """The provider looks at its clock somewhere between question and answer, cuts off, and its clock drifts."""
    at, row = 0.0, Status(machine_id=1)
    for pause, took, place in calls:
        at += pause + took
        read = at - took + took * place
        told = up(int((read - boot) * (1 + drift)))
        assert new_boot(row, told, NOON + seconds(at - took), NOON + seconds(at)) is None
        row.heard_at = NOON + seconds(at)
        row.booted_at = known(row, told.uptime)


def known(row: Status, uptime: int) -> Any:
    assert row.heard_at is not None
    return booted_at(row.heard_at, uptime, row.booted_at)


def test_it_is_told_in_the_timeline_and_on_the_strip_to_who_may_know(anna: User) -> None:
    token = give_token(anna)
    machine, now = give_machine(token), timezone.now()
    Reboot.objects.create(
        machine=machine,
        booted_at=now - seconds(90),
        heard_before=now - seconds(100),
        found_at=now - seconds(60),
    )
    shown = show_machine(anna, machine.project, machine.product)
    (event,) = shown.timeline
    assert event.word == "Rebooted by itself or from elsewhere"
    assert "Nobody pressed a button here. It went down after" in event.sentence
    assert [mark.kind for mark in shown.charts.marks] == ["reboot"]
    Token.objects.update(refused_at=now - seconds(70))
    hidden = show_machine(anna, machine.project, machine.product)
    assert (hidden.timeline, hidden.charts.marks) == ((), ()), "it was found after the refusal"
