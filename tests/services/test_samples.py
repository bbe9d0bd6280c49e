"""History as checks write it: samples, the timeline, and the sparkline."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.rows import give_token
from tests.services.collector_kit import NOON, RUNNING, STOPPED, known_machine, reading, seconds, status_of
from vps.models import Machine, Sample, StateChange, Status, Token
from vps.provider.errors import (
    ProviderError,
    Unreachable,
)
from vps.provider.replies import Status as Reply
from vps.services.readings import write_readings

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


@pytest.fixture
def machine(token: Token) -> Machine:
    return known_machine(token)


def test_the_timeline_has_a_line_for_each_change_of_state_and_no_more(machine: Machine) -> None:
    told: list[Reply | ProviderError] = [
        RUNNING,
        STOPPED,
        STOPPED,
        Unreachable("timeout", said="x"),
        Unreachable("reset"),
        RUNNING,
    ]
    for number, each in enumerate(told):
        write_readings([reading(machine, NOON + seconds(10 * number), each)])
    lines = StateChange.objects.filter(machine=machine).order_by("at")
    assert [(line.at - NOON, line.word, line.problem, line.reason, line.said) for line in lines] == [
        (seconds(10), "stopped", "", "", ""),
        (seconds(30), "stopped", "unreachable", "timeout", "x"),
        (seconds(50), "running", "", "", ""),
    ]


def test_the_first_answer_is_the_first_line_of_the_timeline(token: Token) -> None:
    new = known_machine(token, word="", heard_at=None, checked_at=None, since=None, spark=[], spark_at=None)
    write_readings([reading(new, NOON, RUNNING)])
    assert [line.word for line in StateChange.objects.filter(machine=new)] == ["running"]
    assert status_of(new).since == NOON


@pytest.mark.parametrize(
    ("told", "up", "down", "unknown"),
    [
        (RUNNING, 10.0, 0.0, 0.0),
        (STOPPED, 0.0, 10.0, 0.0),
        (replace(RUNNING, status="paused"), 0.0, 0.0, 10.0),
        (Unreachable("timeout"), 0.0, 0.0, 10.0),
    ],
    ids=str,
)
def test_a_sample_says_how_long_it_was_up_down_or_unknown(
    machine: Machine, told: Reply | ProviderError, up: float, down: float, unknown: float
) -> None:
    write_readings([reading(machine, NOON, told)])
    sample = Sample.objects.get(machine=machine)
    assert (sample.time, sample.up, sample.down, sample.unknown) == (NOON, up, down, unknown)
    assert (sample.cpu is None) == isinstance(told, ProviderError)


def test_a_sample_speaks_for_two_intervals_at_most(machine: Machine) -> None:
    write_readings([reading(machine, NOON + seconds(90), RUNNING)])
    sample = Sample.objects.get(machine=machine)
    assert (sample.up, sample.unknown) == (20.0, 80.0)


def test_a_sample_counts_from_the_machines_own_last_check_where_it_is_known(machine: Machine) -> None:
    write_readings([reading(machine, NOON, RUNNING, since=NOON - seconds(10.4))])
    assert Sample.objects.get(machine=machine).up == pytest.approx(10.4)


def test_clocks_that_go_backwards_make_no_negative_time(machine: Machine) -> None:
    write_readings([reading(machine, NOON - seconds(60), RUNNING)])
    sample = Sample.objects.get(machine=machine)
    assert (sample.up, sample.down, sample.unknown) == (0.0, 0.0, 0.0)


def sparks(machine: Machine, told: list[Any], step: float = 10.0) -> Status:
    for number, each in enumerate(told):
        write_readings([reading(machine, NOON + seconds(step * number), each)])
    return status_of(machine)


def test_the_sparkline_is_redrawn_once_a_minute(token: Token) -> None:
    machine = known_machine(token, spark=[], spark_at=None)
    drawn = set()
    for number in range(60):
        write_readings([reading(machine, NOON + seconds(10 * number), RUNNING)])
        drawn.add(status_of(machine).spark_at)
    assert 10 <= len(drawn) <= 11


def test_its_points_are_means_of_three_minutes_and_null_where_nothing_was_heard(token: Token) -> None:
    machine = known_machine(token, spark=[], spark_at=None)
    low, high = replace(RUNNING, cpu=10.0), replace(RUNNING, cpu=30.0)
    silence = [Unreachable("timeout")] * 18
    row = sparks(machine, [low, high] * 9 + silence + [high] * 18)
    first, *later = row.spark[-3:]
    assert first == pytest.approx(20, abs=2)
    assert later == [None, 30]
    assert row.spark[:-3] == [None] * 17


def test_its_points_are_means_of_checks_and_not_of_longer_tiers(token: Token) -> None:
    machine = known_machine(token, spark=[], spark_at=None)
    Sample.objects.create(machine=machine, tier=7200, time=NOON + seconds(3600), cpu=95.0)
    assert sparks(machine, [RUNNING]).spark[-1] == 15


def test_it_holds_the_last_hour_and_no_more(token: Token) -> None:
    machine = known_machine(token, spark=[], spark_at=None)
    row = sparks(machine, [RUNNING] * 80, step=60)
    assert row.spark == [15] * 20
    write_readings([reading(machine, NOON + timedelta(days=2), RUNNING)])
    assert status_of(machine).spark == [None] * 19 + [15]


def test_a_sparkline_that_stays_the_same_changes_no_card(token: Token) -> None:
    machine = known_machine(token, spark=[15] * 20)
    revisions = set()
    for number in range(60):
        told = replace(RUNNING, uptime=3600 + 10 * number)
        write_readings([reading(machine, NOON + seconds(10 * number), told)])
        revisions.add(status_of(machine).revision)
    assert revisions == {0}
    assert status_of(machine).spark_at is not None


def test_a_machine_that_begins_to_be_watched_closely_was_known_until_then(machine: Machine) -> None:
    write_readings([reading(machine, NOON, RUNNING)])
    close = reading(machine, NOON + seconds(9), STOPPED, interval=2.0, wait=2.0)
    write_readings([close])
    sample = Sample.objects.get(machine=machine, time=close.at)
    assert (sample.up, sample.down, sample.unknown) == (0, 9, 0)
