"""The database is locked for a while, the operator's keys are wrong, something breaks: the checks go on."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from pytest_django import Settings

from tests.rows import give_machine, give_token
from tests.services.collector_kit import (
    NOON,
    STOPPED,
    Hearing,
    collecting,
    eventually,
    hurry,
    let_time_pass,
    machines_of,
    seconds,
    status_of,
)
from vps import access, crypto
from vps.models import Access, Machine, Sample, Status, Token, TokenProject
from vps.services import collection, hearing, history, interest, power, proofs, watching
from vps.services.collection import Collector
from vps.services.patience import AWAY
from vps.services.readings import write_readings
from vps.services.words import SEAL
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
P = Status.Problem


@pytest.fixture(autouse=True)
def soon(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(settings, monkeypatch)
    monkeypatch.setattr(collection, "RETRY_SECONDS", 0.1)


def heard_again(machines: list[Machine]) -> Callable[[], bool]:
    now = timezone.now()
    return lambda: all((status_of(machine).heard_at or now) > now for machine in machines)


def test_what_is_heard_while_the_database_is_locked_is_written_when_it_is_free(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = give_token(anna)
    first, second = give_machine(token), give_machine(token)
    heard = Hearing(*access.machine_readers())
    locked = True

    def write(readings: Any) -> int:
        if locked:
            raise OperationalError("database is locked")
        return write_readings(readings)

    monkeypatch.setattr(hearing, "write_readings", write)
    one, other = heard.ask()
    heard.hear(one, STOPPED)
    with pytest.raises(OperationalError):
        heard.ears.write()
    heard.wait(2)
    heard.hear(other, STOPPED, at=NOON + seconds(2))
    with pytest.raises(OperationalError):
        heard.ears.write_if_due(heard.now)
    locked = False
    heard.ears.write_if_due(heard.now)
    assert [status_of(machine).word for machine in (first, second)] == ["stopped", "stopped"]
    assert Sample.objects.count() == 2
    heard.ears.write()
    assert Sample.objects.count() == 2, "once is enough"


def test_however_long_it_is_locked_no_more_is_kept_than_there_are_machines(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = give_machine(give_token(anna))
    heard = Hearing(*access.machine_readers())
    written: list[Any] = []

    def fail(readings: Any) -> int:
        written.append(list(readings))
        raise OperationalError("database is locked")

    monkeypatch.setattr(hearing, "write_readings", fail)
    for turn in range(50):
        heard.hear(heard.ask()[0], at=NOON + seconds(10 * turn))
        with pytest.raises(OperationalError):
            heard.ears.write()
        heard.wait(10)
    assert max(len(readings) for readings in written) <= 2
    monkeypatch.setattr(hearing, "write_readings", write_readings)
    heard.ears.write()
    assert status_of(machine).checked_at == NOON + seconds(490)


def test_with_the_wrong_keys_the_cards_say_so_and_with_the_right_ones_all_is_back(
    anna: User, add_token: Callable[..., Token], simulator: Simulator, settings: Settings
) -> None:
    token = add_token(anna)
    right, settings.TOKEN_KEYS = settings.TOKEN_KEYS, [crypto.make_key()]
    let_time_pass(timedelta(minutes=6))
    simulator.calls.clear()
    with collecting():
        eventually(
            lambda: {row.reason for row in Status.objects.all()} == {SEAL},
            "the cards say that it does not open",
        )
        eventually(
            lambda: not access.listings_due(timezone.now() - timedelta(minutes=5)), "listings are tried"
        )
    row = status_of(machines_of(token)[0])
    assert row.problem == P.REFUSED
    assert "sealed with a key that is not among TOKEN_KEYS" in row.said
    assert simulator.calls.count() == 0
    assert set(Token.objects.values_list("refused_at", "said")) == {(None, "")}
    assert set(Access.objects.values_list("refused_at", flat=True)) == {None}
    assert set(TokenProject.objects.values_list("how", flat=True)) == {"listed"}
    settings.TOKEN_KEYS = right
    Collector(threads=4).run_once()
    assert set(Status.objects.values_list("problem", flat=True)) == {""}


def test_a_listing_that_cannot_be_written_is_logged_and_not_asked_for_at_once(
    anna: User,
    add_token: Callable[..., Token],
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    machines = machines_of(add_token(anna))
    bad = next(iter(simulator.projects))
    real = proofs.take_listing

    def break_down(project: TokenProject, told: Any) -> None:
        if project.project == bad:
            raise RuntimeError("nobody thought of this")
        real(project, told)

    monkeypatch.setattr(proofs, "take_listing", break_down)
    simulator.calls.clear()
    let_time_pass(timedelta(minutes=6))
    with collecting(), caplog.at_level(logging.ERROR):
        eventually(lambda: f"a listing of project {bad}" in caplog.text, "it is logged")
        for _round in range(3):
            eventually(heard_again(machines), "all machines are heard of")
    assert "nobody thought of this" in caplog.text
    assert simulator.calls.count("listing") == len(simulator.projects)
    assert not access.listings_due(timezone.now() - timedelta(minutes=5)).exists()


def test_a_turn_that_fails_is_logged_and_the_checks_go_on(
    anna: User,
    add_token: Callable[..., Token],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bad, *others = machines_of(add_token(anna))
    collector = Collector(threads=4)
    real = collector._ears.hear

    def break_down(target: Any, *told: Any) -> bool:
        if target.machine_id == bad.pk:
            raise RuntimeError("nobody thought of this")
        return real(target, *told)

    monkeypatch.setattr(collector._ears, "hear", break_down)
    with collecting(collector), caplog.at_level(logging.ERROR):
        eventually(lambda: "nobody thought of this" in caplog.text, "it is logged")
        for _round in range(3):
            eventually(heard_again(others), "the others are heard of")


@pytest.mark.parametrize(
    ("where", "what"),
    [
        (watching, "machines_in_motion"),
        (power, "sweep_actions"),
        (history, "tend_history"),
        (interest, "forget_interest"),
    ],
)
def test_whatever_else_fails_each_time_the_checks_go_on(
    anna: User,
    add_token: Callable[..., Token],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    where: Any,
    what: str,
) -> None:
    machines = machines_of(add_token(anna))

    def break_down(*_told: Any) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(where, what, break_down)
    with collecting(), caplog.at_level(logging.ERROR):
        eventually(lambda: "nobody thought of this" in caplog.text, "it is logged")
        for _round in range(3):
            eventually(heard_again(machines), "all machines are heard of")


if connection.vendor == "postgresql":  # SQLite ends nobody's transaction

    def test_a_transaction_that_ended_while_its_process_was_paused_is_to_be_tried_again() -> None:
        other = connection.copy()
        with pytest.raises(AWAY):
            ask_after_a_pause(other)
        other.close()
        connection.close()


def ask_after_a_pause(other: BaseDatabaseWrapper) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 10")
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
        eventually(lambda: not is_there(other, pid), "PostgreSQL has ended it")
        cursor.execute("SELECT 1")


def is_there(other: BaseDatabaseWrapper, pid: int) -> bool:
    with other.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [pid])
        return bool(cursor.fetchone()[0])
