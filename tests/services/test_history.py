"""How long samples are kept."""

from datetime import timedelta

import pytest

from tests.rows import give_machine
from tests.services.collector_kit import NOON, seconds
from vps.models import Sample
from vps.services import history
from vps.services.history import KEPT, prune_samples

pytestmark = pytest.mark.django_db


def test_what_the_pages_draw_is_kept_and_what_is_older_goes() -> None:
    machine = give_machine()
    ages = [timedelta(0), timedelta(hours=1), KEPT, KEPT + seconds(1), timedelta(days=3)]
    Sample.objects.bulk_create(Sample(machine=machine, time=NOON - age) for age in ages)
    assert prune_samples(NOON) == 2
    assert Sample.objects.count() == 3
    assert prune_samples(NOON) == 0


def test_however_many_there_are_they_go_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PRUNE_BATCH", 7)
    machine = give_machine()
    old = NOON - timedelta(days=1)
    Sample.objects.bulk_create(Sample(machine=machine, time=old + seconds(n)) for n in range(50))
    assert prune_samples(NOON) == 50


def test_samples_of_longer_tiers_are_not_its_business() -> None:
    Sample.objects.create(machine=give_machine(), tier=3600, time=NOON - timedelta(days=9))
    assert prune_samples(NOON) == 0
    assert Sample.objects.count() == 1


def test_a_batch_stays_below_the_parameters_that_sqlite_takes() -> None:
    assert history.PRUNE_BATCH < 32_766
