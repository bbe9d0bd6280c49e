"""The collector, against a provider that runs: each failure stays with its machine, and all is written."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from tests.services.collector_kit import (
    all_heard,
    collecting,
    eventually,
    give_deadline,
    machines_of,
    status_of,
)
from vps.models import Sample, Status, Token
from vps.provider.client import ReadingClient
from vps.services import asking, calls, collection
from vps.services.collection import Collector
from vps.simulator.server import Simulator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("soon")]
P = Status.Problem


def test_a_machine_that_hangs_delays_no_other(
    anna: User, add_token: Callable[..., Token], simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_deadline(monkeypatch, 2.5)
    token = add_token(anna)
    stuck, *others = machines_of(token)
    simulator.fault("hang", product=stuck.product, kind="status")
    with collecting():
        eventually(
            lambda: all(simulator.calls.count("status", m.product) >= 3 for m in others), "others are asked"
        )
        assert simulator.calls.count("status", stuck.product) == 1
        eventually(lambda: status_of(stuck).problem == P.UNREACHABLE, "the card says that it hangs")
    assert {status_of(machine).problem for machine in others} == {""}


def test_an_error_that_nobody_thought_of_stays_with_its_machine(
    anna: User, add_token: Callable[..., Token], monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    bad, *others = machines_of(add_token(anna))
    real = calls.reader_for

    def break_down(grant: Any) -> ReadingClient:
        if grant.product == bad.product:
            raise RuntimeError("nobody thought of this")
        return real(grant)

    monkeypatch.setattr(asking, "reader_for", break_down)
    Collector(threads=4).run_once()
    assert status_of(bad).problem == P.UNREADABLE
    assert {status_of(machine).word for machine in others} <= {"running", "stopped"}
    assert "nobody thought of this" in caplog.text


def test_each_thread_has_one_session_of_its_own(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    add_token(anna)
    simulator.calls.clear()
    with collecting(Collector(threads=3)):
        eventually(lambda: simulator.calls.count("status") >= 40, "many calls are made")
    assert len({receipt.connection for receipt in simulator.calls.received("status")}) <= 3


def test_every_machine_is_asked_once_in_each_interval(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    machines = machines_of(add_token(anna))
    with collecting():
        eventually(lambda: simulator.calls.count("status") >= len(machines), "the first round is over")
        simulator.calls.clear()
        began = time.monotonic()
        eventually(lambda: simulator.calls.count("status") >= 5 * len(machines), "five rounds are over")
        passed = time.monotonic() - began
    counts = [simulator.calls.count("status", machine.product) for machine in machines]
    # the count ends in the midst of a round, and a call may still be under way
    assert max(counts) - min(counts) <= 2
    assert sum(counts) <= (2 * passed + 1.5) * len(machines)


def test_once_asks_each_machine_one_time(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    machines = machines_of(add_token(anna))
    Collector(threads=4).run_once()
    assert [simulator.calls.count("status", machine.product) for machine in machines] == [1] * 8
    assert all(status_of(machine).heard_at for machine in machines)


def test_once_waits_for_the_token_that_takes_over(
    anna: User, ben: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    first, second = simulator.mint(), simulator.mint()
    add_token(anna, secret=first.token)
    good = add_token(ben, secret=second.token)
    simulator.revoke(first.token)
    Collector(threads=4).run_once()
    assert {status_of(machine).problem for machine in machines_of(good)} == {""}
    assert Sample.objects.filter(cpu__isnull=False).count() == 8


def test_the_provider_dies_and_comes_back(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    machines = machines_of(add_token(anna))
    with collecting():
        eventually(lambda: all(status_of(m).heard_at for m in machines), "all are heard of")
        simulator.fault("refuse")
        eventually(lambda: {status_of(m).problem for m in machines} == {P.UNREACHABLE}, "no card knows more")
        simulator.clear_faults()
        eventually(lambda: {status_of(m).problem for m in machines} == {""}, "all answer again")


def test_a_limited_token_is_left_alone_and_its_cards_say_so(
    anna: User, ben: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    busy, free = simulator.mint(calls_per_minute=0), simulator.mint(calls_per_minute=0)
    shop, office, *_rest = simulator.projects
    limited = add_token(anna, secret=busy.token, projects=[shop])
    other = add_token(ben, secret=free.token, projects=[office])
    simulator.fault("status", code=429, token=busy.token, seconds=30)
    with collecting():
        eventually(
            lambda: {status_of(m).problem for m in machines_of(limited)} == {P.LIMITED}, "all are limited"
        )
        asked = sum(simulator.calls.count("status", m.product) for m in machines_of(limited))
        count = simulator.calls.count("status", machines_of(other)[0].product)
        eventually(
            lambda: simulator.calls.count("status", machines_of(other)[0].product) >= count + 3,
            "the other token goes on",
        )
        assert sum(simulator.calls.count("status", m.product) for m in machines_of(limited)) == asked
    assert all_heard(other)


def test_the_board_is_told_when_an_allowance_carries_less(
    anna: User, add_token: Callable[..., Token], simulator: Simulator, settings: Settings
) -> None:
    few = simulator.mint(calls_per_minute=0)
    machines = machines_of(add_token(anna, secret=few.token))
    settings.VPS_CALLS_PER_MINUTE = 6
    with collecting():
        eventually(
            lambda: all(89 <= status_of(machine).interval <= 110 for machine in machines),
            "all are told the interval",
        )
    assert all(row.late_at > timezone.now() for row in Status.objects.all())


def close_other_connections() -> bool:
    """True when there was one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return bool(cursor.fetchall())


@contextmanager
def database_away(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The collector's database fails until the block ends: SQLite is locked, PostgreSQL ends its connections."""
    if connection.vendor == "postgresql":
        eventually(close_other_connections, "it has a connection")
        eventually(lambda: "database is away" in caplog.text, "it misses its database")
        yield
        return
    name = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(name, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        eventually(lambda: "database is away" in caplog.text, "it misses its database")
        yield
        holder.execute("ROLLBACK")


def test_a_database_that_is_locked_or_dies_is_waited_for(
    anna: User,
    add_token: Callable[..., Token],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    machines = machines_of(add_token(anna))
    monkeypatch.setattr(collection, "RETRY_SECONDS", 0.1)
    if connection.vendor == "sqlite":
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.2)
    with collecting():
        eventually(lambda: all(status_of(machine).heard_at for machine in machines), "all are heard of")
        with database_away(caplog):
            pass
        back = timezone.now()
        eventually(
            lambda: all((status_of(machine).heard_at or back) > back for machine in machines),
            "all are heard of again",
        )
