"""401 for one machine is about that machine; 401 for all is about the token."""

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.rows import give_access, give_machine, give_token
from tests.services.collector_kit import (
    RUNNING,
    Hearing,
    collecting,
    eventually,
    hurry,
    machines_of,
    status_of,
)
from tests.services.played import Played
from vps import access
from vps.models import Access, Machine, Status, Token
from vps.provider.errors import ProviderError, TokenRefused, Unreachable
from vps.provider.replies import Status as Reply
from vps.services.schedule import Target
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db
P = Status.Problem
NO = TokenRefused("", said="expired")


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


def never(*refused: Machine, otherwise: Reply | ProviderError = RUNNING) -> Callable[[Target], object]:
    numbers = {machine.pk for machine in refused}
    return lambda target: NO if target.machine_id in numbers else otherwise


def refused_at(token: Token) -> object:
    return Token.objects.values_list("refused_at", flat=True).get(pk=token.pk)


def watched(played: Played, token: Token, machines: list[Machine], passed: int) -> set[tuple[object, ...]]:
    """All that was ever written of the token and of these machines, looked at every 2 s."""
    seen: set[tuple[object, ...]] = set()
    for _look in range(passed // 2):
        played.run(2)
        problems = Status.objects.filter(machine__in=machines).values_list("problem", flat=True)
        accesses = Access.objects.filter(machine__in=machines).values_list("refused_at", flat=True)
        seen |= {(refused_at(token), *each) for each in itertools.product(problems, accesses)}
    return seen


@pytest.mark.parametrize(
    ("healthy", "calls_per_minute", "passed"), [(10, 60_000, 340), (1, 60_000, 680), (1, 4, 680)]
)
def test_a_machine_that_is_always_refused_disturbs_neither_its_token_nor_the_others(
    token: Token, healthy: int, calls_per_minute: int, passed: int
) -> None:
    bad, *others = (give_machine(token) for _ in range(healthy + 1))
    played = Played(calls_per_minute=calls_per_minute)
    played.tell = never(bad)  # type: ignore[assignment]
    assert watched(played, token, others, passed) == {(None, "", None)}
    assert (status_of(bad).problem, status_of(bad).said) == (P.REFUSED, "expired")
    moments = played.moments(bad.pk)
    assert len(moments) == 1 + passed // 340
    assert all(300 <= after - before <= 340 for before, after in itertools.pairwise(moments))


def test_it_does_not_speak_for_its_token_while_the_others_cannot_be_reached(token: Token) -> None:
    bad, other = give_machine(token), give_machine(token)
    played = Played()
    played.tell = never(bad, otherwise=Unreachable("timeout"))  # type: ignore[assignment]
    assert watched(played, token, [other], 120) <= {(None, "", None), (None, P.UNREACHABLE, None)}
    assert bad.accesses.get().refused_at is not None


@pytest.mark.parametrize("machines", [2, 11])
@pytest.mark.parametrize("calls_per_minute", [60_000, 6])
def test_a_token_that_expires_is_refused_within_an_interval_and_all_come_back_with_it(
    token: Token, machines: int, calls_per_minute: int
) -> None:
    mine = [give_machine(token) for _ in range(machines)]
    played = Played(calls_per_minute=calls_per_minute)
    played.run(150)
    interval = played.schedule.interval(played.schedule.targets[mine[0].pk, 0], played.now)
    played.tell = never(*mine)  # type: ignore[assignment]
    played.until(lambda: refused_at(token), interval + 6)
    played.run(1)
    assert set(Status.objects.values_list("problem", flat=True)) == {P.REFUSED}
    assert set(Access.objects.values_list("refused_at", "said")) == {(None, "")}, "it is one refusal"
    played.tell = lambda target: RUNNING
    played.until(lambda: not refused_at(token), 301)
    played.until(lambda: set(Status.objects.values_list("problem", flat=True)) == {""}, interval + 6)


def test_an_expired_token_does_not_pardon_what_was_refused_before(token: Token) -> None:
    bad, *others = (give_machine(token) for _ in range(3))
    played = Played()
    played.tell = never(bad)  # type: ignore[assignment]
    played.run(120)
    played.tell = lambda target: NO
    played.until(lambda: refused_at(token), 16)
    assert bad.accesses.get().refused_at is not None
    assert {machine.accesses.get().refused_at for machine in others} == {None}


def test_a_token_whose_last_machine_hangs_is_refused_when_an_interval_is_over(token: Token) -> None:
    hanging, *others = (give_machine(token) for _ in range(4))
    played = Played()
    played.run(20)
    played.tell = never(*others, otherwise=Unreachable("timeout"))  # type: ignore[assignment]
    played.run(10)
    assert refused_at(token) is None
    assert {machine.accesses.get().refused_at is not None for machine in others} == {True}
    played.tell = lambda target: NO
    played.until(lambda: refused_at(token), 16)
    assert {machine.accesses.get().refused_at for machine in (hanging, *others)} == {None}


def test_a_token_with_one_machine_is_refused_at_once(token: Token) -> None:
    machine = give_machine(token)
    heard = Hearing(*access.machine_readers())
    heard.hear(heard.ask()[0], NO)
    assert refused_at(token) is not None
    assert machine.accesses.get().refused_at is None


def test_a_second_token_is_refused_with_the_proof_of_its_one_machine(token: Token, ben: User) -> None:
    machine, second = give_machine(token), give_token(ben)
    give_access(second, machine, how=Access.How.HAND)
    heard = Hearing(*access.machine_readers())
    heard.wait(301)
    heard.hear(next(target for target in heard.ask() if target.access_id), NO)
    assert refused_at(second) is not None
    assert refused_at(token) is None


def test_a_good_answer_that_comes_after_the_refusal_accepts_the_token(token: Token) -> None:
    machines = [give_machine(token) for _ in range(3)]
    heard = Hearing(*access.machine_readers())
    targets = {target.machine_id: target for target in heard.ask()}
    slow, *others = machines
    for machine in others:
        heard.hear(targets[machine.pk], NO)
    heard.wait(17)
    heard.schedule.plan(access.machine_readers(), heard.now)
    heard.hear(next(t for t in heard.schedule.targets.values() if t is targets[others[0].pk]), NO)
    assert refused_at(token) is not None
    heard.hear(targets[slow.pk])
    assert refused_at(token) is None


def test_what_the_replaced_token_was_refused_does_not_count_for_the_new_one(token: Token) -> None:
    bad, _good = give_machine(token), give_machine(token)
    heard = Hearing(*access.machine_readers())
    (first,) = (target for target in heard.ask() if target.machine_id == bad.pk)
    heard.hear(first, NO)
    token.seal("key-another-one-altogether")
    token.save(update_fields=["sealed"])
    Access.objects.update(refused_at=None)
    heard.wait(60)
    heard.schedule.plan(access.machine_readers(), heard.now)
    (again,) = (target for target in heard.ask() if target.machine_id == bad.pk)
    heard.hear(again, NO)
    assert refused_at(token) is None


@pytest.mark.django_db(transaction=True)
def test_the_collector_tells_one_refused_machine_from_a_refused_token(
    anna: User,
    add_token: Callable[..., Token],
    simulator: Simulator,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hurry(settings, monkeypatch)
    secret = simulator.mint(calls_per_minute=0)
    mine = add_token(anna, secret=secret.token)
    bad, *others = machines_of(mine)
    simulator.fault("status", code=401, product=bad.product, kind="status")
    with collecting():
        eventually(lambda: status_of(bad).problem == P.REFUSED, "its card says so")
        simulator.calls.clear()
        eventually(
            lambda: all(simulator.calls.count("status", m.product) >= 3 for m in others), "rounds go on"
        )
        assert simulator.calls.count("status", bad.product) == 0
        assert {status_of(machine).problem for machine in others} == {""}
        assert refused_at(mine) is None
        simulator.revoke(secret.token)
        eventually(lambda: refused_at(mine), "the token is refused")
        eventually(
            lambda: {status_of(m).problem for m in machines_of(mine)} == {P.REFUSED}, "and all its cards"
        )
    folded = set(Access.objects.exclude(machine=bad).values_list("refused_at", flat=True))
    assert folded == {None}
    assert timedelta(seconds=299) < status_of(bad).due_at - (status_of(bad).checked_at or anna.date_joined)
