"""What a process draws ahead of a shared budget: no more than it carries, for no longer than a second."""

import itertools

import pytest

from vps.provider.rates import Rate
from vps.services.pace import Pace
from vps.services.purse import HOLD_SECONDS, Purse

AHEAD = 1_700_000_000.0  # the database's clock, against this process's
STEP = 0.05


def ask(purse: Purse, budget: Pace, waiting: int, now: float) -> None:
    settled = purse.settle(budget, waiting, now, now + AHEAD, 0.0, 1.0)
    purse.receive(settled, budget, now, now + AHEAD)


def made(
    budget: Pace, purses: list[Purse], seconds: float, *, start: float = 0.0, thirst: int = 50
) -> list[float]:
    """The moments of the calls that these processes make, each as many as it may."""
    calls = []
    for now in (start + n * STEP for n in range(int(seconds / STEP))):
        for purse in purses:
            if purse.presses(thirst, now):
                ask(purse, budget, thirst, now)
            calls += [now for _try in range(thirst) if purse.take(now)]
    return calls


def most(calls: list[float], seconds: float) -> int:
    return max(sum(first <= now < first + seconds for now in calls) for first in calls)


@pytest.mark.parametrize("limit", [5, 60, 600])
@pytest.mark.parametrize("processes", [1, 3])
def test_however_many_draw_no_minute_holds_more_than_nine_tenths_and_little_is_lost(
    limit: int, processes: int
) -> None:
    budget = Pace(limit, AHEAD)
    calls = made(budget, [Purse(limit, 0.0) for _ in range(processes)], 240)
    assert most(calls, 60) <= 0.93 * limit + 1
    assert len(calls) >= 0.85 * limit * 4


def test_people_may_use_the_tenth_at_once_and_the_checks_pay_it_back() -> None:
    budget, purse = Pace(60, AHEAD), Purse(60, 0.0)
    before = made(budget, [purse], 120)
    budget.spend(4, 120 + AHEAD)
    after = made(budget, [purse], 60, start=120)
    assert most([*before, *after], 60) + 4 <= 60
    assert 54 - 4 - 2 <= len(after) <= 54 - 4 + 2
    assert after[0] - 120 >= 4 / 0.9


def test_what_was_drawn_lapses_and_is_given_back() -> None:
    budget, purse = Pace(6000, AHEAD), Purse(6000, 0.0)
    ask(purse, budget, 50, 0.0)
    assert budget.saved == 40
    assert purse.take(HOLD_SECONDS - 0.01)
    assert not purse.take(HOLD_SECONDS)
    ask(purse, budget, 0, HOLD_SECONDS)
    assert budget.saved == 90 - purse.drawn


def test_a_refusal_stops_this_process_at_once_and_the_others_when_they_ask_next() -> None:
    budget, one, other = Pace(6000, AHEAD), Purse(6000, 0.0), Purse(6000, 0.0)
    for purse in (one, other):
        ask(purse, budget, 20, 0.0)
    one.refused(30.0, 0.2)
    assert not one.take(0.2)
    assert one.presses(0, 0.2), "the others are to know"
    ask(one, budget, 20, 0.2)
    ask(other, budget, 20, HOLD_SECONDS)
    assert [purse.blocked_until for purse in (one, other)] == pytest.approx([30.2, 30.2])
    assert not other.take(30.0)
    assert not other.presses(20, 30.0)
    assert other.presses(20, 30.3)


def test_what_the_headers_tell_one_process_holds_for_all_and_only_if_it_is_news() -> None:
    budget, one, other = Pace(60, AHEAD), Purse(60, 0.0), Purse(60, 0.0)
    one.learn(Rate(6000, 5000, 30.0), 1.0)
    ask(one, budget, 5, 1.5)
    ask(other, budget, 5, 1.6)
    assert other.per_second == pytest.approx(4400 / 29.5)
    other.learn(Rate(60, 1, 50.0), 0.5)
    settled = other.settle(budget, 5, 2.0, 2.0 + AHEAD, 1.5 + AHEAD, 1.0)
    assert not settled.learnt
    assert budget.per_second > 100


def test_calls_come_evenly_where_the_allowance_is_small() -> None:
    calls = made(Pace(60, AHEAD), [Purse(60, 0.0)], 120)
    gaps = [later - earlier for earlier, later in itertools.pairwise(calls)]
    assert max(gaps[2:]) <= 1 / 0.9 + 3 * STEP
