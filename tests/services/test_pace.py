"""How fast one token is used: what is set, what the headers tell, and what a refusal means."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vps.provider.rates import Rate
from vps.services.pace import LONGEST_BACKOFF, Pace

NO_HEADERS = Rate()


def spend(pace: Pace, moments: list[float]) -> list[float]:
    """Takes whatever is allowed at each of the moments; those of the calls."""
    return [now for now in moments for _try in range(50) if pace.take(now)]


def every(step: float, seconds: float, start: float = 0.0) -> list[float]:
    return [start + step * n for n in range(int(seconds / step))]


@given(
    calls_per_minute=st.integers(1, 2000),
    pauses=st.lists(st.floats(0.0, 90.0), min_size=1, max_size=120),
)
def test_no_sliding_minute_holds_more_calls_than_were_set(calls_per_minute: int, pauses: list[float]) -> None:
    moments = [*accumulate(pauses), *every(0.5, 90, start=sum(pauses))]
    pace = Pace(calls_per_minute, 0.0)
    made = [now for now in moments for _try in range(calls_per_minute + 1) if pace.take(now)]
    for first in set(made):
        assert sum(first <= now < first + 60 for now in made) <= calls_per_minute


def test_a_tenth_is_left_to_people() -> None:
    made = spend(Pace(600, 0.0), every(0.05, 600))
    assert 0.89 * 600 * 10 <= len(made) <= 0.9 * 600 * 10 + 10


class Provider:
    """Counts in fixed windows, as its headers tell."""

    def __init__(self, limit: int, window: float = 60.0) -> None:
        self.limit, self.window = limit, window
        self.opened, self.used, self.refused = float("-inf"), 0, 0

    def call(self, now: float) -> Rate | None:
        if now - self.opened >= self.window:
            self.opened, self.used = now, 0
        reset = max(1, int(self.opened + self.window - now + 0.999))
        if self.used >= self.limit:
            self.refused += 1
            return None
        self.used += 1
        return Rate(self.limit, self.limit - self.used, float(reset))


@pytest.mark.parametrize(
    ("limit", "window", "least"),
    [(60, 60, 0.8), (600, 60, 0.85), (30, 10, 0.75), (5000, 3600, 0.85), (7, 60, 0.75), (5, 1, 0.4)],
)
@pytest.mark.parametrize("set_to", [60, 10_000])
def test_an_allowance_that_the_headers_tell_is_used_up_to_its_tenth_and_never_passed(
    limit: int, window: float, least: float, set_to: int
) -> None:
    provider, pace = Provider(limit, window), Pace(set_to, 0.0)
    made, whole = 0, 10 * window
    for now in every(0.05, whole):
        while pace.take(now):
            rate = provider.call(now)
            assert rate is not None
            pace.learn(rate, now)
            made += 1
    assert provider.refused == 0
    assert least * limit * 10 <= made <= 0.91 * limit * 10 + set_to / 60 + 10


def test_the_interval_told_stays_the_same_through_a_window() -> None:
    provider, pace = Provider(60), Pace(60, 0.0)
    told = set()
    for now in every(0.05, 300):
        if pace.take(now):
            rate = provider.call(now)
            assert rate is not None
            pace.learn(rate, now)
            told.add(round(pace.interval(10.0, 100, 0)))
    assert max(told) <= 1.3 * min(told), sorted(told)


def test_headers_that_fail_to_come_leave_the_pace_as_it_is() -> None:
    pace = Pace(60, 0.0)
    pace.learn(NO_HEADERS, 1.0)
    assert pace.per_second == pytest.approx(0.9)
    pace.learn(Rate(limit=600), 2.0)
    assert pace.per_second == pytest.approx(9.0)
    pace.learn(NO_HEADERS, 3.0)
    assert pace.per_second == pytest.approx(9.0)


@pytest.mark.parametrize("rate", [Rate(60, 0, 0.0), Rate(60, 0, 3600.0), Rate(None, 0, 5.0), Rate(1, 1, 0.0)])
def test_an_allowance_that_is_used_up_is_waited_for(rate: Rate) -> None:
    pace = Pace(600, 0.0)
    pace.learn(rate, 0.0)
    assert not pace.take(0.5)
    assert pace.take(3601.0)


def test_a_refusal_is_waited_out_as_long_as_the_provider_says_and_then_one_call_tries() -> None:
    pace = Pace(6000, 0.0)
    pace.refused(7.0, 0.0)
    assert spend(pace, every(0.5, 7)) == []
    assert pace.take(7.0)
    assert not pace.take(7.0)


def test_a_refusal_without_a_time_is_waited_for_twice_as_long_each_time() -> None:
    pace, now, waits = Pace(60, 0.0), 0.0, []
    for _turn in range(8):
        pace.refused(None, now)
        waits.append(pace.blocked_until - now)
        now = pace.blocked_until
    assert waits == [5, 10, 20, 40, 80, 160, LONGEST_BACKOFF, LONGEST_BACKOFF]
    pace.learn(NO_HEADERS, now)
    pace.refused(None, now)
    assert pace.blocked_until - now == 5


def test_a_storm_of_refusals_counts_once() -> None:
    pace = Pace(6000, 0.0)
    for late in range(64):
        pace.refused(None, late / 100)
    assert pace.blocked_until == 5.0


def test_an_absurd_wait_silences_a_token_for_five_minutes_at_most() -> None:
    pace = Pace(60, 0.0)
    pace.refused(3600.0, 0.0)
    assert pace.blocked_until == LONGEST_BACKOFF
    pace = Pace(60, 0.0)
    pace.refused(0.0, 0.0)
    assert pace.blocked_until >= 1.0


def test_headers_that_forbid_an_hour_silence_a_token_for_five_minutes_at_most() -> None:
    pace = Pace(60, 0.0)
    pace.learn(Rate(60, 0, 3600.0), 0.0)
    assert pace.blocked_until == LONGEST_BACKOFF == 300.0
    assert not pace.take(299.9)
    assert pace.take(300.0)
