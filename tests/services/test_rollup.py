"""Tiers of history: no second is counted twice or lost, whenever and however often checks are rolled up."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.rows import give_machine
from tests.services.rollup_kit import (
    FIGURES,
    again_from_the_start,
    check,
    everything,
    roll_all,
    tier,
    times,
    write,
)
from vps.models import Tier
from vps.models.sample import TIERS
from vps.services import rollup
from vps.services.rollup import roll_up


@pytest.mark.django_db
class TestSlots:
    def test_a_check_on_the_edge_of_two_slots_is_shared_between_them(self) -> None:
        machine = give_machine()
        write(check(machine, 55, up=10, **FIGURES), check(machine, 65, down=10, **(FIGURES | {"cpu": 0.0})))
        roll_all()
        minutes = tier(60, machine)
        assert {end: times(row) for end, row in minutes.items()} == {60: (10, 5, 0), 120: (0, 5, 0)}
        assert minutes[60].cpu == pytest.approx(20 * 10 / 15), "weighed by the time that each tells of"
        assert (minutes[60].cpu_most, minutes[60].memory_percent, minutes[60].disk) == (20, 50, 10**9)
        assert times(tier(600, machine)[600]) == times(tier(7200, machine)[7200]) == (10, 10, 0)

    def test_a_slow_pace_fills_all_the_slots_that_a_check_tells_of(self) -> None:
        machine = give_machine()
        write(check(machine, 300, up=300, **FIGURES))
        roll_all()
        assert [times(row) for row in tier(60, machine).values()] == [(60, 0, 0)] * 5
        assert {row.cpu for row in tier(60, machine).values()} == {20}

    def test_time_in_which_no_collector_ran_is_in_no_slot(self) -> None:
        machine = give_machine()
        write(check(machine, 10, up=10, **FIGURES), check(machine, 7000, up=20, unknown=6970, **FIGURES))
        roll_all()
        assert list(tier(60, machine)) == [60, 7020]
        assert tier(7200, machine)[7200].up == 30

    def test_a_check_that_told_nothing_makes_no_figure(self) -> None:
        machine = give_machine()
        write(check(machine, 10, unknown=10))
        roll_all()
        row = tier(600, machine)[600]
        assert (row.cpu, row.cpu_most, row.memory_used, row.disk, times(row)) == (
            None,
            None,
            None,
            None,
            (0, 0, 10),
        )

    def test_the_highest_is_kept_through_all_tiers(self) -> None:
        machine = give_machine()
        write(
            *(
                check(machine, 10 * n, up=10, **(FIGURES | {"cpu": 99.0 if n == 40 else 1.0}))
                for n in range(1, 200)
            )
        )
        roll_all()
        assert tier(7200, machine)[7200].cpu_most == 99
        assert tier(7200, machine)[7200].cpu == pytest.approx((99 + 198) / 199)

    def test_overlapping_checks_never_make_more_than_the_slot(self) -> None:
        machine = give_machine()
        write(*(check(machine, 10 + n, up=10, **FIGURES) for n in range(50)), check(machine, 61, down=60))
        roll_all()
        row = tier(60, machine)[60]
        assert row.up + row.down + row.unknown == pytest.approx(60)

    def test_one_machine_is_not_mixed_with_another(self) -> None:
        one, other = give_machine(), give_machine()
        write(check(one, 10, up=10, **FIGURES), check(other, 10, down=10, **(FIGURES | {"cpu": 0.0})))
        roll_all()
        assert (times(tier(60, one)[60]), times(tier(60, other)[60])) == ((10, 0, 0), (0, 10, 0))


@pytest.mark.django_db
class TestBatches:
    def test_what_comes_late_is_in_it_too(self) -> None:
        machine = give_machine()
        write(check(machine, 10, up=10, **FIGURES), check(machine, 3000, up=10, **FIGURES))
        roll_all()
        write(check(machine, 20, down=10))
        roll_all()
        assert times(tier(60, machine)[60]) == times(tier(600, machine)[600]) == (10, 10, 0)
        assert times(tier(7200, machine)[7200]) == (20, 10, 0)

    def test_small_batches_make_what_one_batch_makes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        machines = [give_machine() for _number in range(5)]
        for n in range(1, 40):
            write(*(check(each, 17 * n, up=17, **(FIGURES | {"cpu": float(n)})) for each in machines))
        roll_all()
        whole = everything()
        again_from_the_start()
        monkeypatch.setattr(rollup, "BATCH", 2)
        monkeypatch.setattr(rollup, "CHECKS", 33)
        roll_all()
        assert everything() == whole
        assert roll_up() is False, "nothing is left"

    def test_taken_twice_is_counted_once(self) -> None:
        machine = give_machine()
        write(*(check(machine, 10 * n, up=10, **FIGURES) for n in range(1, 30)))
        roll_all()
        whole = everything()
        Tier.objects.update(taken=0, taking=0)
        roll_all()
        assert everything() == whole

    @pytest.mark.parametrize("statement", [1, 2, 3])
    def test_a_kill_in_the_middle_loses_and_doubles_nothing(
        self, statement: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine = give_machine()
        write(*(check(machine, 10 * n, up=10, **FIGURES) for n in range(1, 30)))
        roll_all()
        whole = everything()
        again_from_the_start()
        told = rollup._statement

        def die(finer: int, length: int) -> str:
            if length == TIERS[statement]:
                raise KeyboardInterrupt
            return told(finer, length)

        monkeypatch.setattr(rollup, "_statement", die)
        with pytest.raises(KeyboardInterrupt):
            roll_up()
        assert everything() == []
        monkeypatch.setattr(rollup, "_statement", told)
        roll_all()
        assert everything() == whole


CHECKS = st.lists(
    st.tuples(
        st.floats(0.5, 400, allow_nan=False), st.sampled_from(["up", "down", "unknown"]), st.floats(0, 1)
    ),
    min_size=1, max_size=25,
)  # fmt: skip


class TestAnyHistory(TestCase):
    @settings(max_examples=25)
    @given(CHECKS, st.integers(1, 30), st.randoms(use_true_random=False))
    def test_the_sums_of_each_tier_are_those_of_the_checks(
        self, told: list[tuple[float, str, float]], batch: int, order: Any
    ) -> None:
        machine, at, checks = give_machine(), 0.0, []
        for passed, kind, part in told:
            at += round(passed, 3)
            known = round(passed, 3) * (1 if kind == "unknown" else part)
            checks.append(check(machine, at, cpu=None if kind == "unknown" else at % 100, **{kind: known}))
        order.shuffle(checks)
        for one in checks:
            write(one)
        rollup.CHECKS, usual = batch, rollup.CHECKS
        try:
            roll_all()
        finally:
            rollup.CHECKS = usual
        for length in TIERS[1:]:
            rows = tier(length, machine)
            for kind in ("up", "down"):
                whole = sum(getattr(one, kind) for one in checks)
                assert sum(getattr(row, kind) for row in rows.values()) == pytest.approx(whole, abs=0.05)
            for row in rows.values():
                assert row.up + row.down + row.unknown <= length + 0.001
                assert row.time.timestamp() % length == 0
            assert all(before + length <= after for before, after in pairwise(rows))


@pytest.mark.django_db(transaction=True)
def test_two_collectors_at_once_make_what_one_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = give_machine()
    write(*(check(machine, 7 * n, up=7, **FIGURES) for n in range(1, 200)))
    roll_all()
    whole = everything()
    again_from_the_start()
    monkeypatch.setattr(rollup, "CHECKS", 9)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(roll_in_a_thread) for _number in range(2)]:
            done.result()
    roll_all()
    assert everything() == whole


def roll_in_a_thread() -> None:
    try:
        roll_all()
    finally:
        connection.close()
