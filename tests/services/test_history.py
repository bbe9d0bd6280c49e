"""How many changes of a machine's state are kept; samples are in test_rollup.py."""

import pytest

from tests.rows import give_machine
from tests.services.collector_kit import NOON, seconds
from vps.models import Machine, Reboot, StateChange
from vps.services import history
from vps.services.history import CHANGES_KEPT, CHANGES_SLACK, prune_changes, tend_history

pytestmark = pytest.mark.django_db


# Changes of state ------------------------------------------------------------------------------------

CROWDED = CHANGES_KEPT + CHANGES_SLACK + 30


def flap(machine: Machine, times: int) -> None:
    """So many changes, one a second until noon."""
    StateChange.objects.bulk_create(
        StateChange(machine=machine, at=NOON - seconds(n), word=str(n)) for n in range(times)
    )


def test_of_a_machine_that_flaps_the_newest_changes_are_kept() -> None:
    flapping = give_machine()
    flap(flapping, CROWDED)
    assert prune_changes() == CROWDED - CHANGES_KEPT
    kept = StateChange.objects.order_by("-at").values_list("word", flat=True)
    assert list(kept) == [str(n) for n in range(CHANGES_KEPT)]
    assert prune_changes() == 0


def test_no_machine_loses_changes_because_another_one_flaps() -> None:
    calm, flapping = give_machine(), give_machine()
    flap(calm, CHANGES_KEPT + CHANGES_SLACK)
    flap(flapping, CROWDED)
    prune_changes()
    assert calm.changes.count() == CHANGES_KEPT + CHANGES_SLACK
    assert flapping.changes.count() == CHANGES_KEPT


def test_of_changes_at_the_same_moment_the_later_written_are_kept() -> None:
    machine = give_machine()
    StateChange.objects.bulk_create(
        StateChange(machine=machine, at=NOON, word=str(n)) for n in range(CROWDED)
    )
    prune_changes()
    assert {int(word) for word in machine.changes.values_list("word", flat=True)} == set(
        range(CROWDED - CHANGES_KEPT, CROWDED)
    )


def test_the_collectors_tidying_up_takes_the_changes_too_and_reboots() -> None:
    machine = give_machine()
    flap(machine, CROWDED)
    Reboot.objects.bulk_create(
        Reboot(machine=machine, booted_at=NOON, heard_before=NOON, found_at=NOON) for _ in range(CROWDED)
    )
    assert tend_history(NOON)
    assert (machine.changes.count(), machine.reboots.count()) == (CHANGES_KEPT, CHANGES_KEPT)
    assert not tend_history(NOON)


def test_changes_go_in_parts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PRUNE_BATCH", 7)
    flap(give_machine(), CROWDED)
    assert prune_changes() == CROWDED - CHANGES_KEPT
