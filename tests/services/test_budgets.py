"""The budget that all processes share: in the database, by its clock, whoever draws and whoever is refused."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from tests.rows import give_token
from tests.services.collector_kit import collecting, eventually, hurry
from vps.access import status_grant
from vps.models import Budget, Machine, PowerAction, Status, Token
from vps.provider.secret import Secret
from vps.services import act_calls, tokens
from vps.services.act_calls import count_calls, note_refusal
from vps.services.budget_rows import AHEAD, back_off_together, lock
from vps.services.budgets import Budgets
from vps.services.collection import Collector
from vps.services.pace import FIRST_BACKOFF, LONGEST_BACKOFF, Pace
from vps.services.power import press_button
from vps.services.purse import Purse
from vps.simulator import tokens as simulated
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT, WINDOW = 60, 3.0


class Process:
    """What a process holds of each token's budget, on a clock of its own."""

    def __init__(self, *owned: Token, calls_per_minute: int = 600) -> None:
        self.now = 1000.0
        self.purses: dict[uuid.UUID, Pace] = {token.pk: Purse(calls_per_minute, self.now) for token in owned}
        self.budgets = Budgets(self.purses)

    def draw(self, token: Token, wish: int) -> int:
        self.now += 1
        self.budgets.draw({token.pk: wish}, self.now)
        return self.purse(token).drawn

    def purse(self, token: Token) -> Purse:
        purse = self.purses[token.pk]
        assert isinstance(purse, Purse)
        return purse


@pytest.fixture(autouse=True)
def ten_a_second(settings: Settings) -> None:
    settings.VPS_CALLS_PER_MINUTE = 600


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


def budget_of(token: Token) -> Budget:
    return Budget.objects.get(pk=token.pk)


def test_however_many_draw_at_once_no_call_is_given_out_twice(token: Token) -> None:
    """Each connection draws again and again; what all got is what the row gave."""

    def draw(_number: int) -> int:
        process = Process(token)
        try:
            return sum(process.draw(token, 3) for _turn in range(5))
        finally:
            connection.close()

    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        got = sum(pool.map(draw, range(4)))
    passed = time.monotonic() - began
    kept = 4 * 3  # what was drawn last and not given back
    assert got <= 5 * kept
    assert budget_of(token).calls <= 9 + 9 * passed + 1


def test_a_refusal_that_one_process_hears_stops_the_other(token: Token) -> None:
    one, other = Process(token), Process(token)
    assert one.draw(token, 4) == 4
    one.purse(token).refused(40.0, one.now)
    one.draw(token, 4)
    assert other.draw(token, 4) == 0
    assert 35 < other.purse(token).blocked_until - other.now <= 40
    assert other.draw(token, 4) == 0
    assert budget_of(token).refused_at > 0


def test_tokens_that_are_limited_at_once_back_off_together_with_all_others(
    token: Token, bens: Token, ben: User
) -> None:
    third = give_token(ben)
    process = Process(token, bens, third)
    for each in (token, bens, third):
        process.draw(each, 1)
    process.purse(token).refused(20.0, process.now)
    process.draw(third, 1)
    assert process.purse(third).drawn == 1, "one alone is limited for itself"
    process.purse(bens).refused(20.0, process.now)
    process.draw(third, 1)
    assert process.draw(third, 1) == 0
    wait = process.purse(third).blocked_until - process.now
    assert FIRST_BACKOFF - 3 < wait <= 1.25 * FIRST_BACKOFF
    assert budget_of(third).refused_at == 0, "it was not refused itself"
    assert not _again_together(third)


def _again_together(third: Token) -> bool:
    Budget.objects.exclude(pk=third.pk).update(refused_at=1.0)
    return back_off_together()


def test_peoples_calls_are_paid_back_by_the_checks(token: Token) -> None:
    process = Process(token)
    assert process.draw(token, 2) == 2
    count_calls(token.pk, 8)
    process.purse(token).rest()
    assert process.draw(token, 9) <= 3
    assert (budget_of(token).acts, budget_of(token).debt) == (8, 0)


if connection.vendor != "sqlite":  # it locks no rows, but the whole file

    def test_a_persons_call_waits_for_nobody_who_holds_the_budget(
        token: Token, caplog: pytest.LogCaptureFixture
    ) -> None:
        count_calls(token.pk)
        with transaction.atomic(), ThreadPoolExecutor(1) as pool:
            lock([token.pk])
            pool.submit(count_and_close, token).result(timeout=10)
        assert "1 calls of a person were not counted: the budget was locked" in caplog.text
        assert budget_of(token).acts == 1


def count_and_close(token: Token) -> None:
    try:
        count_calls(token.pk)
    finally:
        connection.close()


def test_a_persons_call_is_made_though_the_database_fails_to_count_it(
    token: Token, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_told: object, **_more: object) -> bool:
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(act_calls, "_count", fail)
    monkeypatch.setattr(act_calls, "lock", fail)
    count_calls(token.pk)
    note_refusal(status_grant(token, "prj-1", "vm-1"), 30.0)
    assert caplog.text.count("the disk is full") == 2


def test_a_429_to_a_person_stops_the_checks(token: Token) -> None:
    count_calls(token.pk)
    note_refusal(status_grant(token, "prj-1", "vm-1"), 30.0)
    assert Process(token).draw(token, 5) == 0


def test_a_replaced_token_begins_anew_and_a_forgotten_one_leaves_nothing(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    token = add_token(anna)
    calls = len(simulator.projects)
    assert (budget_of(token).acts, budget_of(token).limit) == (calls, 100_000)
    process = Process(token)
    process.draw(token, 1)
    note_refusal(status_grant(token, "prj-1", "vm-1"), 300.0)
    fresh = simulator.mint(calls_per_minute=6000)
    process.purse(token).refused(300.0, process.now)
    assert tokens.replace_token(anna, token.pk, Secret(fresh.token)).saved
    assert process.draw(token, 1) == 1, "what the old one was told is not told to the new one"
    assert (budget_of(token).blocked_until, budget_of(token).limit) == (0, 6000)
    tokens.forget_token(anna, token.pk)
    assert not Budget.objects.exists()
    assert process.draw(token, 1) == 0


def test_a_clock_that_is_set_back_makes_nobody_wait_for_a_day(token: Token) -> None:
    process = Process(token)
    process.draw(token, 9)
    day = 86_400.0
    row = budget_of(token)
    Budget.objects.update(refilled_at=row.refilled_at + day, blocked_until=row.refilled_at + day, saved=5)
    assert process.draw(token, 2) == 2
    assert day > LONGEST_BACKOFF + AHEAD


def test_two_collectors_and_people_with_one_token_never_pass_the_limit(
    anna: User,
    add_token: Callable[..., Token],
    simulator: Simulator,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The provider allows 60 calls in 3 s, and the checks want more than that. No more calls are under way at once than
    the tenth holds: on a slow machine they may reach the provider in the next window."""
    hurry(settings, monkeypatch)
    monkeypatch.setattr(simulated, "WINDOW", WINDOW)
    minted = simulator.mint(calls_per_minute=LIMIT)
    for number in range(16):
        simulator.add_machine(next(iter(simulator.projects)), name=f"more-{number}")
    token = add_token(anna, secret=minted.token)
    began = time.monotonic()
    with collecting(Collector(threads=2)), collecting(Collector(threads=2)):
        eventually(lambda: budget_of(token).calls >= LIMIT, "it is busy")
        for machine in Machine.objects.filter(status__word="running")[:2]:
            press = press_button(
                anna, machine.project, machine.product, PowerAction.Command.REBOOT, f"press-{machine.pk}"
            )
            assert (press.action.state, press.action.reason) == (PowerAction.State.SUCCEEDED, "")
        eventually(lambda: time.monotonic() - began > 2 * WINDOW, "two windows are over")
    assert budget_of(token).refused_at == 0
    held_up = Status.objects.filter(problem="limited", reason="waiting")
    assert not Status.objects.exclude(problem="").difference(held_up).exists()
    passed = time.monotonic() - began
    assert simulator.calls.count() >= 0.3 * LIMIT / WINDOW * passed
