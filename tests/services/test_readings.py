"""How checks are written: what changes a card, what is history, and what stays as it was."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from tests.rows import give_token
from tests.services.collector_kit import NOON, RUNNING, STOPPED, known_machine, reading, seconds, status_of
from vps.models import Machine, Status, Token
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
    return known_machine(token)


@pytest.fixture(autouse=True)
def no_redraw(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sparkline's minute does not end within the test."""
    monkeypatch.setattr("vps.services.sparks.REDRAW_SECONDS", 10**12)


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
    one, two = known_machine(token), known_machine(token)
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


def test_a_round_is_written_in_few_queries_and_few_transactions(
    token: Token, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    machines = [known_machine(token) for _ in range(60)]
    told: list[Any] = [RUNNING, STOPPED, Unreachable("timeout")]
    batch = [reading(machine, NOON, told[number % 3]) for number, machine in enumerate(machines)]
    with django_assert_max_num_queries(14):
        assert write_readings(batch) == 40


def test_many_are_written_in_parts(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "BATCH", 7)
    machines = [known_machine(token) for _ in range(20)]
    with CaptureQueriesContext(connection) as seen:
        assert write_readings([reading(machine, NOON, STOPPED) for machine in machines]) == 20
    assert sum("vps_revision" in query["sql"] and "UPDATE" in query["sql"] for query in seen) >= 3
    assert {status_of(machine).word for machine in machines} == {"stopped"}


def test_of_two_readings_of_one_machine_the_newest_counts(machine: Machine) -> None:
    write_readings([reading(machine, NOON + seconds(1), STOPPED), reading(machine, NOON, RUNNING)])
    assert status_of(machine).word == "stopped"


def test_a_machine_that_vanished_meanwhile_is_passed_over(token: Token) -> None:
    stays, goes = known_machine(token), known_machine(token)
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
    seen, unseen = known_machine(token), known_machine(token, checked_at=None, heard_at=None)
    held_up = known_machine(token, due_at=NOON + seconds(300), late_at=NOON + seconds(400))
    tell_interval([seen.pk, unseen.pk, held_up.pk], 60.0, 10.0, NOON)
    for machine in (seen, unseen):
        row = status_of(machine)
        assert (row.interval, row.due_at, row.late_at) == (60.0, NOON + seconds(60), NOON + seconds(120))
    assert status_of(held_up).due_at == NOON + seconds(300)
    assert status_of(seen).revision == 0
    assert status_of(unseen).revision > 0
