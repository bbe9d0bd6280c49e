"""A card's figures move in steps, so that it changes when something worth seeing changed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vps.services.figures import MOST_SHOWN, SPARK_POINTS, booted_at, redrawn, share, stepped

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SLOT = timedelta(minutes=3)


@pytest.mark.parametrize(
    ("value", "shown", "told"),
    [
        (0.0, None, 0),
        (2.4, None, 0),
        (2.6, None, 5),
        (53.9, 50, 50),
        (54.0, 50, 55),
        (46.1, 50, 50),
        (45.9, 50, 45),
        (99.9, None, 100),
        (-3.0, None, 0),
        (250.0, None, 250),
        (1e18, None, MOST_SHOWN),
        (None, 50, None),
    ],
)
def test_a_figure_moves_when_it_is_four_points_away(
    value: float | None, shown: int | None, told: int | None
) -> None:
    assert stepped(value, shown) == told


@given(st.floats(-(2.0**63), 2.0**63), st.none() | st.integers(0, 199).map(lambda n: 5 * n))
def test_a_figure_is_shown_in_steps_of_five_and_near_the_truth(value: float, shown: int | None) -> None:
    told = stepped(value, shown)
    assert told is not None
    assert told % 5 == 0
    assert abs(told - min(max(value, 0.0), MOST_SHOWN)) <= 4


def test_a_figure_that_trembles_does_not_change_the_card() -> None:
    shown = stepped(50.0, None)
    for value in (52.0, 48.0, 53.9, 46.1, 50.0):
        shown = stepped(value, shown)
        assert shown == 50


def test_a_share_of_nothing_is_not_known() -> None:
    assert (share(5, 20), share(0, 20), share(5, 0), share(0, 0)) == (25.0, 0.0, None, None)


def test_the_moment_of_booting_holds_still_while_calls_take_their_time() -> None:
    known = NOON - timedelta(seconds=1000)
    assert booted_at(NOON, 1000, None) == known
    assert booted_at(NOON, 1004, known) == known
    assert booted_at(NOON, 10, known) == NOON - timedelta(seconds=10)
    assert booted_at(NOON, 10**12, known) is None


def test_a_sparkline_moves_on_every_three_minutes() -> None:
    assert redrawn([], None, NOON, 10.4) == [*[None] * (SPARK_POINTS - 1), 10]
    assert redrawn([10], NOON, NOON + SLOT / 2, 20.6) == [21]
    assert redrawn([10], NOON, NOON + SLOT, 30.0) == [10, 30]


def test_what_was_not_heard_is_a_gap_in_the_sparkline() -> None:
    assert redrawn([10], NOON, NOON + 3 * SLOT, 40.0) == [10, None, None, 40]
    assert redrawn([10], NOON, NOON + SLOT, None) == [10, None]


@given(
    st.lists(st.none() | st.integers(0, 100), max_size=SPARK_POINTS),
    st.integers(-(10**6), 10**6),
    st.none() | st.floats(-1e18, 1e18),
)
def test_a_sparkline_has_at_most_twenty_points_each_a_percentage(
    spark: list[int | None], passed: int, mean: float | None
) -> None:
    points = redrawn(spark, NOON, NOON + timedelta(seconds=passed), mean)
    assert 1 <= len(points) <= SPARK_POINTS
    assert all(point is None or 0 <= point <= 100 for point in points)
    assert (points[-1] is None) == (mean is None)
