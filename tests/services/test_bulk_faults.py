"""What the provider, and others, do to a bulk on its way: each fault is its own machine's, and nobody hammers."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.rows import give_action
from tests.services.bulk_kit import Item, Make, asked, drive, make, token
from vps.models import Bulk, PowerAction
from vps.services.bulk_run import PAUSE, press_next
from vps.simulator.server import Simulator

__all__ = ["make", "token"]
pytestmark = pytest.mark.django_db(transaction=True)


def end_pause(bulk: Bulk) -> None:
    Bulk.objects.filter(pk=bulk.pk, paused_until__isnull=False).update(paused_until=timezone.now())


def test_each_fault_is_its_own_machines(anna: User, make: Make, simulator: Simulator) -> None:
    bulk = make("reboot")
    first, second, third, fourth, *_rest = (item.machine for item in bulk.items.all())
    simulator.fault("status", code=403, product=first.product, kind="control")
    simulator.fault("status", code=400, product=second.product, kind="control", body={"error": "No."})
    simulator.fault("reset", product=third.product, kind="control", after=True)
    simulator.fault("status", code=500, product=fourth.product, kind="control")
    drive(anna, bulk)
    told = {item.machine.pk: item.action.state for item in bulk.items.all() if item.action}
    assert [told[one.pk] for one in (first, second, third, fourth)] == [
        "failed",
        "failed",
        "unknown",
        "unknown",
    ]
    assert sorted(told.values()).count("succeeded") == 4
    assert set(asked(simulator).values()) == {1}
    assert Bulk.objects.get().paused_until is None


def test_after_a_429_the_rest_waits_and_then_begins_with_one(
    anna: User, make: Make, simulator: Simulator
) -> None:
    bulk = make(more=12)
    simulator.fault("status", code=429, kind="control", skip=5, times=3)
    press_next(anna, bulk.pk)
    limited = PowerAction.objects.filter(state="failed", reason="rate_limited")
    assert limited.count() == 3
    bulk.refresh_from_db()
    assert bulk.paused_for == "rate_limited"
    assert bulk.paused_until
    assert timedelta(0) < bulk.paused_until - timezone.now() <= PAUSE
    press_next(anna, bulk.pk)
    assert len(asked(simulator)) == 8  # nobody hammers
    assert bulk.items.filter(state=Item.WAITING).count() == 12
    end_pause(bulk)
    for count in (9, 11, 15, 20):
        press_next(anna, bulk.pk)
        assert len(asked(simulator)) == count
    assert set(asked(simulator).values()) == {1}
    assert limited.count() == 3


def test_a_429_after_the_pause_makes_another_pause(anna: User, make: Make, simulator: Simulator) -> None:
    bulk = make(more=4)
    simulator.fault("status", code=429, kind="control")
    for count in (8, 9):
        press_next(anna, bulk.pk)
        press_next(anna, bulk.pk)
        assert len(asked(simulator)) == count
        end_pause(bulk)
    assert bulk.items.filter(state=Item.WAITING).count() == 3


def test_a_provider_that_answers_none_of_them_is_not_asked_for_the_rest(
    anna: User, make: Make, simulator: Simulator
) -> None:
    bulk = make(more=4)
    simulator.fault("refuse")
    press_next(anna, bulk.pk)
    press_next(anna, bulk.pk)
    simulator.clear_faults()
    bulk.refresh_from_db()
    assert bulk.paused_for == "unreachable"
    assert PowerAction.objects.filter(state="failed").count() == 8
    assert bulk.items.filter(state=Item.WAITING).count() == 4


def test_what_others_do_meanwhile_is_left_out_and_said(
    anna: User, ben: User, make: Make, simulator: Simulator
) -> None:
    bulk = make("reboot")
    busy, same, lost, shut, *rest = (item.machine for item in bulk.items.all())
    other = give_action(busy, ben, command="stop", state="sent")
    before = give_action(same, ben, command="reboot")
    lost.accesses.all().delete()
    shut.accesses.update(refused_at=timezone.now())
    drive(anna, bulk)
    told = {item.machine_id: (item.state, item.reason, item.action) for item in bulk.items.all()}
    assert told[busy.pk] == (Item.LEFT_OUT, "under_way", other)
    assert told[same.pk] == (Item.LEFT_OUT, "asked_before", before)
    assert told[lost.pk] == (Item.LEFT_OUT, "not_yours", None)
    assert told[shut.pk] == (Item.LEFT_OUT, "no_token", None)
    assert asked(simulator) == {machine.product: 1 for machine in rest}
