"""Moments and durations in words, as the browser says them too."""

from datetime import UTC, datetime, timedelta

import pytest

from vps.services import times, words
from vps.templatetags import page

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        *[
            (-5, "0 s"),
            (0, "0 s"),
            (12.9, "12 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3599, "59 min"),
            (3600, "1 h"),
        ],
        *[(7440, "2 h 4 min"), (86_399, "23 h 59 min"), (86_400, "1 d"), (42 * 86_400, "42 d")],
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert times.duration(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        *[("ago", "6 min ago"), ("old", "6 min old"), ("up", "up 6 min"), ("for", "for 6 min")],
        *[("added", "added 6 min ago"), ("clock", "11:54 UTC"), ("date", "23 November 2026")],
        ("exact", "23 Nov 2026, 11:54:00 UTC"),
    ],
)
def test_moments(kind: str, said: str) -> None:
    assert times.say(NOON - timedelta(minutes=6), kind, NOON) == said


def test_a_moment_is_told_in_utc_wherever_it_was_noted() -> None:
    from zoneinfo import ZoneInfo

    assert times.say(NOON.astimezone(ZoneInfo("Asia/Tokyo")), "clock") == "12:00 UTC"


def test_a_moment_carries_its_instant() -> None:
    assert 'datetime="2026-11-23T12:00:00Z" data-as="clock"' in page.moment(NOON, "clock")


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        *[(timedelta(minutes=6), "11:54 UTC"), (timedelta(hours=13), "22 Nov, 23:00 UTC")],
        (timedelta(days=5), "18 Nov, 12:00 UTC"),
    ],
)
def test_a_moment_that_is_not_today_is_told_with_its_day(ago: timedelta, said: str) -> None:
    assert times.say(NOON - ago, "when", NOON) == said


def test_a_sentence_about_long_ago_says_the_day_in_the_one_kind_of_time_element() -> None:
    at = datetime(2020, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
    element = '<time datetime="2020-05-06T07:08:09Z" data-as="when">6 May, 07:08 UTC</time>'
    assert words.clock(at) == page.moment(at, "when") == element


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        *[
            (timedelta(minutes=40), "says it expires in 40 min"),
            (timedelta(seconds=1), "says it expires in 1 s"),
        ],
        *[(timedelta(0), "says it expired 0 s ago"), (timedelta(days=-3), "says it expired 3 d ago")],
    ],
)
def test_an_expiry_is_told_as_what_is_left_or_since_when_it_is_over(ahead: timedelta, said: str) -> None:
    assert times.say(NOON + ahead, "expires", NOON) == said


def test_no_moment_is_a_dash() -> None:
    assert page.moment(None, "ago") == "–"
