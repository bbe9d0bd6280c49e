"""How checks are written: what changes a card, what is history, and what stays as it was."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from tests.rows import give_machine, give_token, heard
from tests.services.collector_kit import NOON, RUNNING, STOPPED, reading, seconds, status_of
from vps.models import Machine, Sample, StateChange, Status, Token
from vps.provider.errors import (
    BadReply,
    NotAllowed,
    NotFound,
    ProviderError,
    RateLimited,
    Refused,
    TokenRefused,
    Unreachable,
)
from vps.services import readings
from vps.services.readings import tell_interval, write_readings

pytestmark = pytest.mark.django_db
P = Status.Problem


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


@pytest.fixture
def machine(token: Token) -> Machine:
    """Heard of 10 s before noon, and all as RUNNING says."""
    return known(token)


@pytest.fixture
def no_redraw(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sparkline's minute does not end within the test."""
    monkeypatch.setattr(readings, "REDRAW_SECONDS", 10**12)


def known(token: Token, **fields: Any) -> Machine:
    at = NOON - seconds(10)
    usual = heard(at) | {"booted_at": NOON - seconds(3600), "spark": [15], "spark_at": at, "revision": 0}
    return give_machine(token, **(usual | fields))


@pytest.mark.usefixtures("no_redraw")
def test_an_unchanged_card_keeps_its_revision_and_is_checked_all_the_same(machine: Machine) -> None:
    assert write_readings([reading(machine, NOON, RUNNING)]) == 0
    row = status_of(machine)
    assert row.revision == 0
    assert row.heard_at == row.checked_at == NOON
    assert (row.due_at, row.late_at) == (NOON + seconds(10), NOON + seconds(20))


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "stopped"},
        {"status": "meditating"},
        {"cpu": 40.0},
        {"memory_percent": 60.0},
        {"disk": 10_000_000_000},
        {"uptime": 30},
        {"cpus": 4},
        {"agent": False},
        {"version": "8.0"},
        {"memory_total": 2048.0},
    ],
    ids=str,
)
def test_what_a_page_shows_makes_a_new_revision(machine: Machine, fields: dict[str, Any]) -> None:
    assert write_readings([reading(machine, NOON, replace(RUNNING, **fields))]) == 1
    assert status_of(machine).revision > 0


@pytest.mark.parametrize("fields", [{"cpu": 18.9}, {"memory_percent": 46.1}, {"uptime": 3604}])
def test_small_moves_change_no_card(machine: Machine, fields: dict[str, Any]) -> None:
    assert write_readings([reading(machine, NOON, replace(RUNNING, **fields))]) == 0


def test_figures_move_in_steps_of_five_and_hold_on(machine: Machine) -> None:
    shown = []
    for number, cpu in enumerate([15.0, 17.4, 18.9, 19.1, 17.0, 16.1, 15.9, 100.0, 997.0]):
        write_readings([reading(machine, NOON + seconds(number), replace(RUNNING, cpu=cpu))])
        shown.append(status_of(machine).cpu)
    assert shown == [15, 15, 15, 20, 20, 20, 15, 100, 995]


def test_revisions_grow_with_each_write(token: Token) -> None:
    one, two = known(token), known(token)
    write_readings([reading(one, NOON, STOPPED)])
    write_readings([reading(two, NOON, STOPPED)])
    assert 0 < status_of(one).revision < status_of(two).revision


def test_a_stopped_machine_shows_no_figures_of_its_work(machine: Machine) -> None:
    write_readings([reading(machine, NOON, STOPPED)])
    row = status_of(machine)
    assert (row.word, row.cpu, row.memory, row.booted_at) == ("stopped", None, None, None)
    assert row.disk == 20


@pytest.mark.parametrize(
    ("error", "problem", "reason"),
    [
        (Unreachable("timeout"), P.UNREACHABLE, "timeout"),
        (Unreachable("server_error", said="oops"), P.UNREACHABLE, "server_error"),
        (TokenRefused(), P.REFUSED, "token_refused"),
        (NotAllowed(), P.REFUSED, "not_allowed"),
        (NotFound(), P.GONE, "not_found"),
        (RateLimited(), P.LIMITED, "rate_limited"),
        (BadReply("not_json"), P.UNREADABLE, "not_json"),
        (Refused(said="locked"), P.UNREADABLE, "refused"),
    ],
    ids=str,
)
def test_each_failure_is_a_state_and_leaves_what_was_known(
    machine: Machine, error: ProviderError, problem: str, reason: str
) -> None:
    assert write_readings([reading(machine, NOON, error)]) == 1
    row = status_of(machine)
    assert (row.problem, row.reason, row.said, row.since) == (problem, reason, error.said, NOON)
    assert (row.word, row.cpu, row.memory) == ("running", 15, 50)
    assert row.heard_at == NOON - seconds(10)


@pytest.mark.usefixtures("no_redraw")
def test_a_failure_that_goes_on_changes_nothing_more(machine: Machine) -> None:
    write_readings([reading(machine, NOON, Unreachable("timeout"))])
    assert write_readings([reading(machine, NOON + seconds(10), Unreachable("timeout"))]) == 0
    row = status_of(machine)
    assert (row.since, row.checked_at) == (NOON, NOON + seconds(10))
    assert row.heard_at == NOON - seconds(10)


@pytest.mark.parametrize("error", [NotAllowed(), Refused()])
def test_what_two_listings_missed_is_gone_when_its_status_is_refused(
    machine: Machine, error: ProviderError
) -> None:
    Machine.objects.update(missed=1)
    write_readings([reading(machine, NOON, error)])
    assert status_of(machine).problem != P.GONE
    Machine.objects.update(missed=2)
    write_readings([reading(machine, NOON + seconds(10), error)])
    assert status_of(machine).problem == P.GONE


def test_the_timeline_has_a_line_for_each_change_of_state_and_no_more(machine: Machine) -> None:
    told: list[Any] = [
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
    new = known(token, word="", heard_at=None, checked_at=None, since=None, spark=[], spark_at=None)
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
    machine: Machine, told: Any, up: float, down: float, unknown: float
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
    machine = known(token, spark=[], spark_at=None)
    drawn = set()
    for number in range(60):
        write_readings([reading(machine, NOON + seconds(10 * number), RUNNING)])
        drawn.add(status_of(machine).spark_at)
    assert 10 <= len(drawn) <= 11


def test_its_points_are_means_of_three_minutes_and_null_where_nothing_was_heard(token: Token) -> None:
    machine = known(token, spark=[], spark_at=None)
    low, high = replace(RUNNING, cpu=10.0), replace(RUNNING, cpu=30.0)
    silence = [Unreachable("timeout")] * 18
    row = sparks(machine, [low, high] * 9 + silence + [high] * 18)
    first, *later = row.spark[-3:]
    assert first == pytest.approx(20, abs=2)
    assert later == [None, 30]
    assert row.spark[:-3] == [None] * 17


def test_it_holds_the_last_hour_and_no_more(token: Token) -> None:
    machine = known(token, spark=[], spark_at=None)
    row = sparks(machine, [RUNNING] * 80, step=60)
    assert row.spark == [15] * 20
    write_readings([reading(machine, NOON + timedelta(days=2), RUNNING)])
    assert status_of(machine).spark == [None] * 19 + [15]


def test_a_sparkline_that_stays_the_same_changes_no_card(token: Token) -> None:
    machine = known(token, spark=[15] * 20)
    revisions = set()
    for number in range(60):
        told = replace(RUNNING, uptime=3600 + 10 * number)
        write_readings([reading(machine, NOON + seconds(10 * number), told)])
        revisions.add(status_of(machine).revision)
    assert revisions == {0}
    assert status_of(machine).spark_at is not None


@pytest.mark.usefixtures("no_redraw")
def test_a_round_is_written_in_few_queries_and_few_transactions(
    token: Token, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    machines = [known(token) for _ in range(60)]
    told = [RUNNING, STOPPED, Unreachable("timeout")]
    batch = [reading(machine, NOON, told[number % 3]) for number, machine in enumerate(machines)]
    with django_assert_max_num_queries(14):
        assert write_readings(batch) == 40


def test_many_are_written_in_parts(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "BATCH", 7)
    machines = [known(token) for _ in range(20)]
    with CaptureQueriesContext(connection) as seen:
        assert write_readings([reading(machine, NOON, STOPPED) for machine in machines]) == 20
    assert sum("vps_revision" in query["sql"] and "UPDATE" in query["sql"] for query in seen) >= 3
    assert {status_of(machine).word for machine in machines} == {"stopped"}


def test_of_two_readings_of_one_machine_the_newest_counts(machine: Machine) -> None:
    write_readings([reading(machine, NOON + seconds(1), STOPPED), reading(machine, NOON, RUNNING)])
    assert status_of(machine).word == "stopped"


def test_a_machine_that_vanished_meanwhile_is_passed_over(token: Token) -> None:
    stays, goes = known(token), known(token)
    batch = [reading(stays, NOON, STOPPED), reading(goes, NOON, STOPPED)]
    goes.delete()
    write_readings(batch)
    assert status_of(stays).word == "stopped"


def test_a_reply_proves_the_access_anew_once_a_minute(machine: Machine) -> None:
    access = machine.accesses.get()
    machine.accesses.update(proved_at=NOON)
    write_readings([reading(machine, NOON + seconds(59), RUNNING)])
    access.refresh_from_db()
    assert access.proved_at == NOON
    write_readings([reading(machine, NOON + seconds(70), Unreachable("timeout"))])
    access.refresh_from_db()
    assert access.proved_at == NOON
    write_readings([reading(machine, NOON + seconds(80), RUNNING)])
    access.refresh_from_db()
    assert access.proved_at == NOON + seconds(80)


def test_the_largest_figures_that_a_reply_may_hold_are_written(machine: Machine) -> None:
    huge = replace(
        RUNNING,
        uptime=9_999_999_999,
        cpu=1e308,
        cpus=2**63 - 1,
        memory_used=1e308,
        memory_total=1e308,
        memory_percent=-1e308,
        disk=2**63 - 1,
        maxdisk=1,
        version="\ufffd" * 64,
        status="s" * 64,
    )
    assert write_readings([reading(machine, NOON, huge)]) == 1
    row = status_of(machine)
    assert (row.cpu, row.memory, row.disk) == (995, 0, 995)


def test_machines_told_of_a_longer_interval_are_not_late_before_it_is_over(token: Token) -> None:
    seen, unseen = known(token), known(token, checked_at=None, heard_at=None)
    held_up = known(token, due_at=NOON + seconds(300), late_at=NOON + seconds(400))
    tell_interval([seen.pk, unseen.pk, held_up.pk], 60.0, NOON)
    for machine in (seen, unseen):
        row = status_of(machine)
        assert (row.interval, row.due_at, row.late_at) == (60.0, NOON + seconds(60), NOON + seconds(120))
    assert status_of(held_up).due_at == NOON + seconds(300)
    assert status_of(seen).revision == 0
    assert status_of(unseen).revision > 0
