"""The last hour, drawn: no line leads through unknown time, and nothing leaves its box."""

import itertools
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vps.models import Sample
from vps.services import drawing

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
START = NOW - timedelta(hours=1)
STEP = 10.0


def heard(*points: tuple[float, float | None], step: float = STEP) -> list[Sample]:
    """Samples at these seconds of the hour, each of which tells of the `step` seconds before it."""
    return [Sample(time=START + timedelta(seconds=second), cpu=cpu, up=step) for second, cpu in points]


def drawn(samples: Sequence[Sample]) -> list[list[tuple[float, float]]]:
    """The corners of each unbroken piece of the line, which begins half a step before its first check."""
    line, _area = drawing.curve(samples, lambda sample: sample.cpu, NOW)
    return [
        [corner(pair) for pair in re.findall(r"[ML]?(-?[\d.]+ -?[\d.]+)", f"M{piece}")]
        for piece in line.split("M")[1:]
    ]


def corner(pair: str) -> tuple[float, float]:
    x, y = pair.split()
    return float(x), float(y)


def test_neighbours_are_joined() -> None:
    assert drawn(heard((10, 0), (20, 50), (30, 100))) == [[(5, 100), (10, 100), (20, 50), (30, 0)]]


def test_a_gap_breaks_the_line() -> None:
    pieces = drawn(heard((10, 50), (20, 50), (50, 50), (60, 50)))
    assert [(piece[0][0], piece[-1][0]) for piece in pieces] == [(5, 20), (45, 60)]


def test_a_check_that_told_nothing_breaks_the_line() -> None:
    pieces = drawn(heard((10, 50), (20, 50), (30, None), (40, 50), (50, 50)))
    assert [(piece[0][0], piece[-1][0]) for piece in pieces] == [(5, 20), (35, 50)]


def test_a_slower_pace_is_no_gap() -> None:
    assert len(drawn(heard((10, 50), (310, 50), (610, 50), step=300.0))) == 1


def test_what_came_at_a_quick_pace_is_not_joined_over_a_gap_by_a_slower_one_later() -> None:
    quick, slow = heard((600, 50), (610, 50), (1300, 50), (1310, 50)), heard((1610, 50), step=300.0)
    assert [(piece[0][0], piece[-1][0]) for piece in drawn([*quick, *slow])] == [(595, 610), (1295, 1610)]


def test_a_check_that_came_late_is_joined_only_as_far_as_it_tells() -> None:
    late = [*heard((100, 50)), Sample(time=START + timedelta(seconds=400), cpu=50, up=20, unknown=280)]
    assert len(drawn(late)) == 2


def test_figures_of_a_machine_in_a_state_that_we_do_not_know_are_joined_over_a_minute() -> None:
    def odd(second: float, passed: float) -> Sample:
        return Sample(time=START + timedelta(seconds=second), cpu=50, unknown=passed)

    assert len(drawn([odd(100, 10), odd(110, 10), odd(160, 50)])) == 1
    assert len(drawn([odd(100, 10), odd(700, 600)])) == 2


def test_nothing_heard_is_nothing_drawn() -> None:
    assert drawn([]) == drawn(heard((10, None), (20, None))) == []


def test_a_point_alone_is_seen() -> None:
    (piece,) = drawn(heard((100, 50)))
    assert piece == [(95, 50), (100, 50)]


seconds = st.floats(-500, 4000, allow_nan=False)
figures = st.none() | st.floats(-(2.0**63), 2.0**63)
hours = st.lists(st.tuples(seconds, figures), max_size=60)


@given(hours, st.floats(1, 3600))
def test_whatever_comes_the_line_stays_in_its_box_and_joins_only_near_neighbours(
    points: list[tuple[float, float | None]], step: float
) -> None:
    for piece in drawn(heard(*sorted(points, key=lambda point: point[0]), step=step)):
        assert all(0 <= x <= drawing.WIDTH + 1 for x, _y in piece)
        assert all(0 <= y <= 100 for _x, y in piece)
        gaps = [after[0] - before[0] for before, after in itertools.pairwise(piece)]
        assert all(0 <= gap <= step + drawing.TOLERANCE + 1 for gap in gaps)


# Up or down ------------------------------------------------------------------------------------------


def told(second: float, kind: str, length: float) -> Sample:
    return Sample(time=START + timedelta(seconds=second), **{kind: length})


def strip(*samples: Sample, since: datetime = START) -> tuple[list[tuple[str, str, str]], list[str]]:
    spans, shares = drawing.strip(samples, NOW, since)
    told = [f"{share.word} {share.told}" for share in shares]
    return [(span.kind, span.x, span.width) for span in spans], told


def test_an_hour_of_which_nothing_is_known() -> None:
    assert strip() == ([("none", "0.00%", "100.00%")], ["Not known 1 h"])


def test_an_hour_is_told_in_spans_and_in_words() -> None:
    spans, words = strip(told(900, "up", 900), told(1800, "unknown", 900), told(3600, "down", 900))
    assert spans == [
        ("up", "0.00%", "25.00%"),
        ("none", "25.00%", "50.00%"),
        ("down", "75.00%", "25.00%"),
    ]
    assert words == ["Running 15 min", "Stopped 15 min", "Not known 30 min"]


def test_like_neighbours_are_one_span() -> None:
    spans, words = strip(*(told(second, "up", 10) for second in range(10, 3601, 10)))
    assert (spans, words) == ([("up", "0.00%", "100.00%")], ["Running 1 h"])


def test_moments_between_two_checks_cut_no_strip() -> None:
    late = (told(second + second % 30 / 20, "up", 9.99) for second in range(10, 3601, 10))
    assert strip(*late) == ([("up", "0.00%", "100.00%")], ["Running 1 h"])
    spans, _words = strip(told(1800, "up", 1800), told(3600, "up", 1797))
    assert [kind for kind, _x, _width in spans] == ["up", "none", "up"]


def test_before_a_machine_was_first_seen_nobody_asked_and_nothing_is_drawn() -> None:
    since = NOW - timedelta(minutes=15)
    assert strip(since=since) == ([("none", "75.00%", "25.00%")], ["Not known 15 min"])
    spans, words = strip(told(3600, "up", 1200), since=since)
    assert (spans, words) == ([("up", "75.00%", "25.00%")], ["Running 15 min"])
    assert strip(since=START - timedelta(days=1)) == strip()


def test_a_state_that_we_do_not_know_is_another_state_and_not_unknown_time() -> None:
    odd = [
        Sample(time=START + timedelta(seconds=second), cpu=5.0, unknown=10) for second in range(10, 1801, 10)
    ]
    assert strip(*odd, told(3600, "up", 1800)) == (
        [("other", "0.00%", "50.00%"), ("up", "50.00%", "50.00%")],
        ["Running 30 min", "In another state 30 min"],
    )
    spans, _words = strip(Sample(time=NOW, cpu=5.0, unknown=1800))
    assert spans == [("none", "0.00%", "98.33%"), ("other", "98.33%", "1.67%")], (
        "it tells of a minute at most"
    )


def test_the_time_since_a_collector_died_is_unknown() -> None:
    spans, words = strip(told(1800, "up", 1800))
    assert spans == [("up", "0.00%", "50.00%"), ("none", "50.00%", "50.00%")]
    assert "Not known 30 min" in words


def test_a_sample_that_began_before_the_hour_counts_from_its_start() -> None:
    spans, _words = strip(told(600, "down", 6000))
    assert spans[0] == ("down", "0.00%", "16.67%")


@given(
    st.lists(
        st.tuples(seconds, st.sampled_from(["up", "down", "unknown"]), st.floats(0, 10_000)), max_size=40
    ),
    st.floats(0, 3000),
)
def test_whatever_comes_the_spans_fill_the_time_once(
    points: list[tuple[float, str, float]], first: float
) -> None:
    samples = [told(*point) for point in sorted(points)]
    spans, _shares = drawing.strip(samples, NOW, START + timedelta(seconds=first))
    at = first / 36
    for span in spans:
        assert float(span.x[:-1]) == pytest.approx(at, abs=0.05)
        at = float(span.x[:-1]) + float(span.width[:-1])
    assert at == pytest.approx(100, abs=0.02)
    assert all(before.kind != after.kind for before, after in itertools.pairwise(spans))


def test_a_spread_is_told_in_words() -> None:
    assert drawing.spread([1.4, 2.0, 9.6]) == "1 to 10, mean 4 %"
    assert drawing.spread([]) == ""
