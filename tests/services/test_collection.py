"""The collector, against a provider that runs: each failure stays with its machine, and all is written."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from tests.provider.fault_server import FAULTS, Fault, FaultServer
from tests.rows import give_access, give_machine, give_token
from tests.services import fault_table
from tests.services.collector_kit import collecting, eventually, status_of
from vps.access import machine_readers
from vps.models import Access, Machine, Sample, Status, Token, TokenProject
from vps.provider.client import Client
from vps.services import calls, checks, collection
from vps.services.collection import Collector
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
P = Status.Problem


@pytest.fixture(autouse=True)
def soon(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks each second, so that no test waits long for the next one."""
    settings.VPS_INTERVAL = 1.0
    settings.VPS_CALLS_PER_MINUTE = 100_000
    monkeypatch.setattr(collection, "PLAN_SECONDS", 0.2)


def machines_of(token: Token) -> list[Machine]:
    return list(Machine.objects.filter(accesses__token=token).order_by("pk"))


def let_time_pass(since: timedelta) -> None:
    """The last listing of every project was so long ago."""
    TokenProject.objects.update(checked_at=timezone.now() - since)


class Timed(Client):
    """The provider's client, with how long each call took."""

    took: list[float] = []

    def status(self, project: str, product: str) -> Any:
        began = time.monotonic()
        try:
            return super().status(project, product)
        finally:
            self.took.append(time.monotonic() - began)


def give_deadline(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(Timed, "took", [])
    monkeypatch.setattr(
        calls, "Client", lambda url, token, session: Timed(url, token, session=session, deadline=seconds)
    )


@pytest.mark.django_db(transaction=False)  # this thread alone writes
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_is_a_state_of_its_own_card_and_of_no_other(
    fault: Fault,
    anna: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    deadline = 0.3 if fault.slow else 10.0
    give_deadline(monkeypatch, deadline)
    token, other = give_token(anna), give_token(anna)
    bad = give_machine(token, machine={"product": "vm-bad"})
    beside = give_machine(token)
    elsewhere = give_machine(other)
    with caplog.at_level(logging.WARNING), FaultServer(fault, only="vm-bad") as server:
        settings.VPS_API_URL = server.url
        began = timezone.now()
        Collector(threads=4).run_once()
    row = status_of(bad)
    assert row.checked_at is not None
    assert row.checked_at >= began
    assert row.problem in fault_table.problems(fault)
    assert row.word == fault_table.word(fault)
    assert row.cpu == 15
    healthy = [elsewhere] if fault_table.is_about_the_token(fault) else [beside, elsewhere]
    if fault.name not in fault_table.MEETS_ALL:
        for machine in healthy:
            assert (status_of(machine).word, status_of(machine).problem) == ("running", "")
            assert (status_of(machine).heard_at or began) > began
    assert max(Timed.took) <= deadline + 0.5
    assert caplog.records == []


def test_a_machine_that_hangs_delays_no_other(
    anna: User, add_token: Callable[..., Token], simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_deadline(monkeypatch, 3.0)
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
    real = calls.client_for

    def break_down(grant: Any) -> Client:
        if grant.product == bad.product:
            raise RuntimeError("nobody thought of this")
        return real(grant)

    monkeypatch.setattr(checks, "client_for", break_down)
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
    assert max(counts) - min(counts) <= 1
    assert sum(counts) <= (passed + 1.5) * len(machines)


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


def test_a_revoked_token_hands_over_at_once_and_is_tried_again_after_five_minutes(
    anna: User, ben: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    first, second = simulator.mint(), simulator.mint()
    lost, good = add_token(anna, secret=first.token), add_token(ben, secret=second.token)
    simulator.revoke(first.token)
    with collecting():
        eventually(lambda: _heard(good), "the other token reads all")
    lost.refresh_from_db()
    good.refresh_from_db()
    assert lost.refused_at is not None
    assert good.refused_at is None
    simulator._do(lambda: simulator.world.add_token(first))
    with collecting():
        let_time_pass(timedelta(minutes=4))
        Collector(threads=2).run_once()
        assert Token.objects.get(pk=lost.pk).refused_at is not None
        let_time_pass(timedelta(minutes=6))
        eventually(lambda: Token.objects.get(pk=lost.pk).refused_at is None, "the listing proves it good")


def _heard(token: Token) -> bool:
    return all(status_of(machine).word and not status_of(machine).problem for machine in machines_of(token))


def test_a_listing_every_five_minutes_brings_names_and_new_machines(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    token = add_token(anna)
    project, (known, *_rest) = next(iter(simulator.projects.items()))
    simulator.set(known, name="renamed")
    new = simulator.add_machine(project, name="fresh")
    with collecting():
        eventually(lambda: _heard(token), "all are heard of")
        assert not Machine.objects.filter(product=new.product).exists()
        let_time_pass(timedelta(minutes=6))
        eventually(
            lambda: Status.objects.filter(machine__product=new.product, word="running").exists(),
            "the new machine is read",
        )
    assert Machine.objects.get(product=known).name == "renamed"
    assert simulator.calls.count("listing") == 2 * len(simulator.projects)


def test_an_empty_listing_after_a_full_one_deletes_nothing(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    token = add_token(anna)
    simulator.fault("status", code=200, body=[], kind="listing")
    let_time_pass(timedelta(minutes=6))
    with collecting():
        eventually(lambda: simulator.calls.count("listing") >= 8, "all are listed anew")
    assert len(machines_of(token)) == 8
    assert set(Machine.objects.values_list("missed", flat=True)) == {0}


def test_a_machine_that_left_the_provider_is_gone_and_stays_on_the_board(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    machine = machines_of(add_token(anna))[0]
    simulator.remove(machine.product)
    let_time_pass(timedelta(minutes=6))
    with collecting():
        eventually(lambda: status_of(machine).problem == P.GONE, "it is gone")
        eventually(lambda: Machine.objects.get(pk=machine.pk).missed == 1, "the listing missed it")
        let_time_pass(timedelta(minutes=6))
        eventually(lambda: Machine.objects.get(pk=machine.pk).missed == 2, "the listing missed it twice")
    assert machine.accesses.count() == 1


def test_machines_named_by_hand_are_read_without_a_listing(
    anna: User, settings: Settings, simulator: Simulator
) -> None:
    by_hand = simulator.mint(listing=False)
    project, (product, *_rest) = next(iter(simulator.projects.items()))
    token = give_token(anna, secret=by_hand.token)
    machine = give_machine(
        token, machine={"project": project, "product": product}, access={"how": Access.How.HAND}, word=""
    )
    TokenProject.objects.create(token=token, project=project, how="hand", checked_at=timezone.now())
    let_time_pass(timedelta(minutes=6))
    with collecting():
        eventually(lambda: status_of(machine).word, "it is read")
        eventually(lambda: simulator.calls.count("listing") == 1, "the listing is tried again")
    assert TokenProject.objects.get().how == "hand"
    assert token.accesses.get().refused_at is None


def test_a_token_whose_listing_is_refused_proves_each_of_its_machines_itself(anna: User, ben: User) -> None:
    mine, theirs = give_token(anna), give_token(ben)
    machine = give_machine(mine)
    give_access(theirs, machine)
    for token in (mine, theirs):
        TokenProject.objects.create(token=token, project="prj-1", how="listed", checked_at=timezone.now())
    assert [reader.by_hand for reader in machine_readers()] == [False, False]
    TokenProject.objects.filter(token=theirs).update(how="refused")
    assert [reader.by_hand for reader in machine_readers()] == [False, True]


def test_a_listing_for_a_token_that_was_replaced_meanwhile_proves_nothing(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    token = add_token(anna)
    weak = simulator.mint(projects=list(simulator.projects)[:1])
    simulator.fault("latency", seconds=1.0, kind="listing")
    let_time_pass(timedelta(minutes=6))
    with collecting():
        eventually(lambda: simulator.calls.count("listing") >= 8, "the listings are under way")
        token.seal(weak.token)
        token.save(update_fields=["sealed"])
        token.accesses.all().delete()
        asked = TokenProject.objects.values_list("checked_at", flat=True)
        eventually(lambda: simulator.calls.count("listing") >= 12, "they are asked for anew")
        eventually(lambda: max(asked.all()) > timezone.now() - timedelta(minutes=1), "and answered")
    projects = set(token.accesses.values_list("machine__project", flat=True))
    assert projects <= set(weak.projects)


def test_a_disabled_persons_token_is_used_no_more(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    token = add_token(anna)
    with collecting() as collector:
        eventually(lambda: _heard(token), "all are heard of")
        User.objects.update(is_active=False)
        let_time_pass(timedelta(minutes=6))
        eventually(lambda: not collector.schedule.targets, "nobody is to be asked")
    simulator.calls.clear()
    Collector(threads=2).run_once()
    assert simulator.calls.count() == 0


def test_a_token_forgotten_while_it_asks_disturbs_nobody(
    anna: User, ben: User, add_token: Callable[..., Token], simulator: Simulator, caplog: Any
) -> None:
    gone, stays = add_token(anna), add_token(ben, secret=simulator.tokens[1].token)
    simulator.fault("latency", seconds=0.5)
    let_time_pass(timedelta(minutes=6))
    with collecting():
        eventually(lambda: simulator.calls.count("status") > 0, "calls are under way")
        Token.objects.filter(pk=gone.pk).delete()
        eventually(lambda: _heard(stays), "the other token's machines are read")
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


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
    assert _heard(other)


def test_the_board_is_told_when_an_allowance_carries_less(
    anna: User, add_token: Callable[..., Token], simulator: Simulator, settings: Settings
) -> None:
    few = simulator.mint(calls_per_minute=0)
    machines = machines_of(add_token(anna, secret=few.token))
    settings.VPS_CALLS_PER_MINUTE = 60
    with collecting():
        eventually(
            lambda: {status_of(machine).interval for machine in machines} == {9.0},
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
        eventually(lambda: "did not take" in caplog.text, "it misses its database")
        yield
        return
    name = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(name, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        eventually(lambda: "did not take" in caplog.text, "it misses its database")
        yield
        holder.execute("ROLLBACK")


def test_a_database_that_is_locked_or_dies_is_waited_for(
    anna: User,
    add_token: Callable[..., Token],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    machines = machines_of(add_token(anna))
    monkeypatch.setattr(collection, "DATABASE_RETRY_SECONDS", 0.1)
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
