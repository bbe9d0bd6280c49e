"""How long each tier of history is kept: nothing goes before the next tier has it."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.rows import give_machine
from tests.services.collector_kit import NOON
from tests.services.rollup_kit import FIGURES, check, roll_all, tier, times, write
from vps.models import Sample, Tier
from vps.services import history
from vps.services.collection import Collector
from vps.services.history import tend_history


def tend_all(now: datetime) -> int:
    """How many turns there was something to do."""
    turns = 0
    while tend_history(now):
        turns += 1
    return turns


@pytest.mark.django_db
class TestKeeping:
    def test_no_check_goes_before_it_was_rolled_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        machine = give_machine()
        write(*(check(machine, 10 * n, up=10, **FIGURES) for n in range(1, 20)))
        late = NOON + timedelta(hours=5)
        monkeypatch.setattr(history, "roll_up", lambda: False)
        tend_history(late)
        assert Sample.objects.filter(tier=10).count() == 19
        monkeypatch.undo()
        tend_all(late)
        assert not Sample.objects.filter(tier=10).exists()
        assert tier(7200, machine)[7200].up == 190

    def test_nothing_goes_while_older_checks_wait_to_be_rolled_up(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine, late = give_machine(), NOON + timedelta(hours=5)
        write(*(check(machine, 10 * n, up=10, **FIGURES) for n in range(1, 20)))
        roll_all()
        write(*(check(machine, 10 * n, up=10, **FIGURES) for n in range(20, 100)))
        monkeypatch.setattr(history, "roll_up", lambda: False)  # another collector is at it
        tend_history(late)
        monkeypatch.undo()
        tend_all(late)
        assert tier(7200, machine)[7200].up == 990
        assert not Sample.objects.filter(tier=10).exists()

    def test_a_process_whose_clock_has_jumped_ahead_deletes_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine, true = give_machine(), timezone.now()
        for length in (10, 60):
            Sample.objects.create(machine=machine, tier=length, time=true - timedelta(minutes=30), up=10)
        collector = Collector(threads=1)
        collector.leases.eldest = True
        monkeypatch.setattr(timezone, "now", lambda: true + timedelta(days=1))
        for _turn in range(4):
            collector._tend()
        assert {10, 60} <= set(Sample.objects.values_list("tier", flat=True))

    def test_where_a_clock_was_ahead_history_goes_on_when_it_is_right_again(self) -> None:
        machine, true = give_machine(), timezone.now()
        Tier.objects.create(seconds=10, gone_until=true + timedelta(days=1))
        ends = [true + timedelta(seconds=10 * n) for n in range(1, 31)]
        write(*(Sample(machine=machine, time=end, up=10, **FIGURES) for end in ends))
        roll_all()
        assert sum(row.up for row in Sample.objects.filter(tier=60)) >= 230

    def test_a_slot_whose_checks_are_gone_is_not_made_anew_from_what_came_late(self) -> None:
        machine = give_machine()
        write(*(check(machine, 10 * n, up=10, **FIGURES) for n in range(1, 20)))
        tend_all(NOON + timedelta(hours=5))
        write(check(machine, 65, down=1))
        tend_all(NOON + timedelta(hours=5))
        assert times(tier(60, machine)[120]) == (60, 0, 0)

    def test_each_tier_is_kept_for_its_time(self) -> None:
        machine, now = give_machine(), NOON + timedelta(days=400)
        for length, kept in {60: 1, 600: 7, 7200: 90}.items():
            for age in (timedelta(days=kept), timedelta(days=kept, seconds=1)):
                Sample.objects.create(machine=machine, tier=length, time=now - age)
        tend_all(now)
        assert {row.tier: now - row.time for row in Sample.objects.all()} == {
            60: timedelta(days=1), 600: timedelta(days=7), 7200: timedelta(days=90),
        }  # fmt: skip

    def test_it_goes_in_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(history, "PRUNE_BATCH", 7)
        machine = give_machine()
        write(*(check(machine, n, up=1) for n in range(50)))
        assert tend_all(NOON + timedelta(days=1)) == 1 + 8, "one pass of rolling up, then 50 checks"
        assert not Sample.objects.filter(tier=10).exists()
