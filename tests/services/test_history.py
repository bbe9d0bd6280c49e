"""How long samples are kept, and how many changes of a machine's state."""

from datetime import timedelta

import pytest

from tests.rows import give_machine
from tests.services.collector_kit import NOON, seconds
from vps.models import Machine, Sample, StateChange
from vps.services import history
from vps.services.history import CHANGES_KEPT, CHANGES_SLACK, KEPT, prune_changes, prune_history

pytestmark = pytest.mark.django_db


def test_what_the_pages_draw_is_kept_and_what_is_older_goes() -> None:
    machine = give_machine()
    ages = [timedelta(0), timedelta(hours=1), KEPT, KEPT + seconds(1), timedelta(days=3)]
    Sample.objects.bulk_create(Sample(machine=machine, time=NOON - age) for age in ages)
    assert prune_history(NOON) == 2
    assert Sample.objects.count() == 3
    assert prune_history(NOON) == 0


def test_however_many_there_are_they_go_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PRUNE_BATCH", 7)
    machine = give_machine()
    old = NOON - timedelta(days=1)
    Sample.objects.bulk_create(Sample(machine=machine, time=old + seconds(n)) for n in range(50))
    assert prune_history(NOON) == 50


def test_samples_of_longer_tiers_are_not_its_business() -> None:
    Sample.objects.create(machine=give_machine(), tier=3600, time=NOON - timedelta(days=9))
    assert prune_history(NOON) == 0
    assert Sample.objects.count() == 1


def test_a_batch_stays_below_the_parameters_that_sqlite_takes() -> None:
    assert history.PRUNE_BATCH < 32_766


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


def test_the_collectors_tidying_up_takes_the_changes_too() -> None:
    flap(give_machine(), CROWDED)
    assert prune_history(NOON) == CROWDED - CHANGES_KEPT


def test_changes_go_in_parts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PRUNE_BATCH", 7)
    flap(give_machine(), CROWDED)
    assert prune_changes() == CROWDED - CHANGES_KEPT
