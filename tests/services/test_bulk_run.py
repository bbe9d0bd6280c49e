"""A bulk on its way, against a provider that runs: each machine is asked once, whoever drives it and whoever dies."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import Http404
from django.utils import timezone

from tests.services.bulk_kit import Item, Make, asked, drive, make, states, token
from vps.models import AuditEvent, Bulk, BulkItem, Machine, PowerAction
from vps.services import bulk as bulks
from vps.services import bulk_run
from vps.services.bulk_run import LEFT_BEHIND, press_next, take_next
from vps.services.power import Press, press_button
from vps.simulator.server import Simulator

__all__ = ["make", "token"]
pytestmark = pytest.mark.django_db(transaction=True)


def leave_behind(bulk: Bulk) -> BulkItem:
    """The first item, as a process that died a while ago left it."""
    item = bulk.items.all()[0]
    before = timezone.now() - LEFT_BEHIND - timedelta(seconds=1)
    BulkItem.objects.filter(pk=item.pk).update(state=Item.TAKEN, taken_at=before)
    return item


# Each once -------------------------------------------------------------------------------------------


def test_each_machine_is_asked_once_as_an_action_of_its_own(
    anna: User, make: Make, simulator: Simulator
) -> None:
    bulk = make("reboot")
    drive(anna, bulk)
    press_next(anna, bulk.pk)
    assert asked(simulator) == {machine.product: 1 for machine in Machine.objects.all()}
    assert {one.action for one in simulator.calls.received("control")} == {"reboot"}
    for item in bulk.items.all():
        assert (item.state, item.reason) == (Item.PRESSED, "")
        assert item.action
        assert (item.action.machine_id, item.action.person, item.action.state) == (
            item.machine_id,
            anna,
            "succeeded",
        )
    assert AuditEvent.objects.filter(code="power.requested", person="anna").count() == 8


def test_at_most_eight_are_asked_with_one_post(anna: User, make: Make, simulator: Simulator) -> None:
    bulk = make(more=3)
    press_next(anna, bulk.pk)
    assert states(bulk) == [Item.PRESSED] * 8 + [Item.WAITING] * 3
    press_next(anna, bulk.pk)
    assert states(bulk) == [Item.PRESSED] * 11


def test_nothing_is_sent_before_the_confirmation(anna: User, make: Make, simulator: Simulator) -> None:
    bulk = make()
    Bulk.objects.update(confirmed_at=None)
    press_next(anna, bulk.pk)
    assert asked(simulator) == {}
    assert states(bulk) == [Item.WAITING] * 8


def test_what_was_left_out_is_not_asked(anna: User, make: Make, simulator: Simulator) -> None:
    bulk = make()
    out = bulk.items.all()[2]
    BulkItem.objects.filter(pk=out.pk).update(state=Item.LEFT_OUT, reason="stopped")
    drive(anna, bulk)
    assert out.machine.product not in asked(simulator)
    assert len(asked(simulator)) == 7


def test_nobody_else_drives_it(anna: User, ben: User, make: Make, simulator: Simulator) -> None:
    bulk = make()
    with pytest.raises(Http404):
        press_next(ben, bulk.pk)
    with pytest.raises(Http404):
        press_next(anna, uuid4())
    assert asked(simulator) == {}


def test_two_tabs_drive_the_same_bulk(anna: User, make: Make, simulator: Simulator) -> None:
    bulk = make(more=16)
    together = threading.Barrier(4)

    def tab(_number: int) -> None:
        try:
            together.wait(10)
            drive(anna, bulk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as tabs:
        list(tabs.map(tab, range(4)))
    assert asked(simulator) == {machine.product: 1 for machine in Machine.objects.all()}
    assert states(bulk) == [Item.PRESSED] * 24
    assert PowerAction.objects.count() == 24


def test_however_many_tabs_take_machines_at_once_it_is_eight_in_all(anna: User, make: Make) -> None:
    bulk, together = make(more=24), threading.Barrier(4)

    def tab(_number: int) -> int:
        try:
            together.wait(10)
            return len(take_next(bulk, timezone.now()))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as tabs:
        assert sorted(tabs.map(tab, range(4))) == [0, 0, 0, 8]
    assert bulk.items.filter(state=Item.TAKEN).count() == 8


def test_a_fault_of_the_panel_with_one_machine_hides_nothing_of_the_others(
    anna: User,
    make: Make,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bulk = make(more=4)
    broken = bulk.items.all()[3].machine

    def press(user: User, project: str, product: str, *more: Any) -> Press:
        if product == broken.product:
            raise RuntimeError("out of paper")
        return press_button(user, project, product, *more)

    monkeypatch.setattr(bulk_run, "press_button", press)
    simulator.fault("status", code=429, kind="control", times=1)
    press_next(anna, bulk.pk)
    assert states(bulk) == [Item.PRESSED] * 7 + [Item.TAKEN] + [Item.WAITING] * 4
    assert Bulk.objects.get().paused_for == "rate_limited"
    assert "out of paper" in caplog.text


def test_the_rest_is_stopped(anna: User, make: Make, simulator: Simulator) -> None:
    bulk = make(more=3)
    press_next(anna, bulk.pk)
    bulks.stop_bulk(anna, bulk.pk)
    press_next(anna, bulk.pk)
    assert len(asked(simulator)) == 8
    assert set(bulk.items.filter(state=Item.LEFT_OUT).values_list("reason", flat=True)) == {"stopped_rest"}


# Processes that died ---------------------------------------------------------------------------------


def test_what_a_process_took_and_never_asked_for_waits_again(
    anna: User, make: Make, simulator: Simulator
) -> None:
    bulk = make()
    leave_behind(bulk)
    drive(anna, bulk)
    assert asked(simulator) == {machine.product: 1 for machine in Machine.objects.all()}


def test_what_a_process_asked_for_before_it_died_is_known_by_its_action(
    anna: User, make: Make, simulator: Simulator
) -> None:
    bulk = make("reboot")
    machine = leave_behind(bulk).machine
    press = press_button(anna, machine.project, machine.product, PowerAction.Command.REBOOT, str(bulk.pk))
    PowerAction.objects.update(observed="reached", observed_at=timezone.now())
    drive(anna, bulk)
    assert asked(simulator)[machine.product] == 1
    assert bulk.items.get(machine=machine).action == press.action
    assert states(bulk) == [Item.PRESSED] * 8


def test_what_a_process_took_a_moment_ago_is_still_its_own(
    anna: User, make: Make, simulator: Simulator
) -> None:
    bulk = make()
    item = leave_behind(bulk)
    BulkItem.objects.filter(pk=item.pk).update(taken_at=timezone.now())
    press_next(anna, bulk.pk)
    assert item.machine.product not in asked(simulator)
    assert states(bulk) == [Item.PRESSED] * 7 + [Item.TAKEN]


def test_what_a_process_left_behind_is_not_asked_for_after_the_rest_was_stopped(
    anna: User, make: Make, simulator: Simulator
) -> None:
    bulk = make()
    leave_behind(bulk)
    bulks.stop_bulk(anna, bulk.pk)
    press_next(anna, bulk.pk)
    assert asked(simulator) == {}
    assert states(bulk) == [Item.LEFT_OUT] * 8


def test_a_process_that_wakes_late_sends_nothing_that_was_settled_without_it(
    anna: User, make: Make, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk = make()

    def sleep_meanwhile(bulk: Bulk, now: datetime) -> list[BulkItem]:
        """A minute goes by, and somebody stops the rest and looks."""
        items = take_next(bulk, now)
        bulks.stop_bulk(anna, bulk.pk)
        assert take_next(bulk, now + LEFT_BEHIND + timedelta(seconds=1)) == []
        return items

    monkeypatch.setattr(bulk_run, "take_next", sleep_meanwhile)
    press_next(anna, bulk.pk)
    assert asked(simulator) == {}
    assert set(bulk.items.values_list("state", "reason")) == {(Item.LEFT_OUT, "stopped_rest")}


def test_a_process_that_wakes_late_is_not_known_to_anybody_and_sends_nothing(
    anna: User, make: Make, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk = make()
    long_ago = timezone.now() - LEFT_BEHIND - timedelta(seconds=1)
    monkeypatch.setattr(bulk_run, "take_next", lambda bulk, now: take_next(bulk, long_ago))
    press_next(anna, bulk.pk)
    assert asked(simulator) == {}
    monkeypatch.undo()
    drive(anna, bulk)
    assert states(bulk) == [Item.PRESSED] * 8


def test_nothing_is_taken_once_it_is_stopped_whatever_was_read_before(anna: User, make: Make) -> None:
    bulk = make()
    leave_behind(bulk)
    stale = Bulk.objects.get()
    Bulk.objects.update(stopped_at=timezone.now())
    assert take_next(stale, timezone.now()) == []
    assert bulk.items.filter(state=Item.TAKEN).count() == 0
    assert bulk.items.filter(state=Item.WAITING).count() == 7
