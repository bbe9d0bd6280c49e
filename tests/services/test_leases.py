"""Machines are shared among collectors: each is asked by one, and what a late one brings is refused."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now

from tests.rows import give_machine, give_token
from tests.services.power_kit import all_at_once
from vps.models import Access, Collector, Lease, Token
from vps.services.leases import LEASE_SECONDS, Leases

pytestmark = pytest.mark.django_db
IDLE: frozenset[int] = frozenset()


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


def fleet(token: Token, number: int) -> set[int]:
    return {give_machine(token).pk for _ in range(number)}


def let_end(leases: Leases, seconds: float = -1.0) -> None:
    """Its end is so many seconds from now."""
    assert leases.holder is not None
    Collector.objects.filter(pk=leases.holder).update(ends_at=Now() + timedelta(seconds=seconds))


def held_as_stored(*all_leases: Leases) -> bool:
    """Each knows exactly what the database says that it holds, so none is held twice."""
    stored = {
        (lease.machine_id, (lease.holder_id, lease.fence)) for lease in Lease.objects.exclude(holder=None)
    }
    return stored == {each for leases in all_leases for each in leases.held.items()}


def test_one_alone_holds_all_that_is_read_and_nothing_else(token: Token) -> None:
    machines = fleet(token, 120)
    give_machine()
    leases = Leases()
    assert leases.renew(machines, IDLE, 0.0) == machines
    assert leases.eldest
    assert held_as_stored(leases)
    assert leases.renew(machines, IDLE, 2.0) == set()
    gone = min(machines)
    Access.objects.filter(machine=gone).delete()
    assert leases.renew(machines - {gone}, IDLE, 4.0) == set()
    assert leases.held.keys() == machines - {gone}


def test_each_gets_a_fair_share_and_who_holds_more_gives_back_what_is_not_being_asked(token: Token) -> None:
    machines = fleet(token, 9)
    first, second = Leases(), Leases()
    first.renew(machines, IDLE, 0.0)
    second.renew(machines, IDLE, 1.0)
    assert second.held == {}
    busy = set(sorted(machines)[-4:])
    first.renew(machines, busy, 2.0)
    second.renew(machines, IDLE, 3.0)
    assert [len(first.held), len(second.held)] == [5, 4]
    assert busy <= first.held.keys()
    assert held_as_stored(first, second)
    assert [first.eldest, second.eldest] == [True, False]


def test_what_is_released_is_claimed_at_once_with_a_higher_fence(token: Token) -> None:
    machines = fleet(token, 3)
    first, second = Leases(), Leases()
    first.renew(machines, IDLE, 0.0)
    before = dict(first.held)
    first.release()
    assert second.renew(machines, IDLE, 0.0) == machines
    assert all(second.held[pk].fence == before[pk].fence + 1 for pk in machines)
    assert Collector.objects.count() == 1


# Who is dead -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [-1.0, 2 * LEASE_SECONDS, 86_400.0])
def test_one_that_starts_buries_whose_end_has_come_or_lies_too_far_ahead(token: Token, end: float) -> None:
    machines = fleet(token, 3)
    dead, fresh = Leases(), Leases()
    dead.renew(machines, IDLE, 0.0)
    let_end(dead, end)
    assert fresh.renew(machines, IDLE, 0.0) == machines
    assert fresh.eldest


@pytest.mark.parametrize("end", [-86_400.0, 86_400.0])
def test_one_whose_clock_is_another_is_alive_as_long_as_it_puts_its_end_off(token: Token, end: float) -> None:
    machines = fleet(token, 2)
    here, there = Leases(), Leases()
    here.renew(machines, IDLE, 0.0)
    for second in range(2, 30, 2):
        there.renew(machines, IDLE, float(second))
        let_end(there, end + second)
        here.renew(machines, IDLE, float(second))
    assert [len(here.held), len(there.held)] == [1, 1]
    assert [here.renew(machines, IDLE, 28.0 + second) for second in (2, 4, 6, 8)] == [set()] * 4
    assert here.renew(machines, IDLE, 28 + LEASE_SECONDS) == set(there.held)


def test_who_could_not_look_for_a_while_waits_until_the_others_can_have_come_back_too(token: Token) -> None:
    machines = fleet(token, 2)
    one, other = Leases(), Leases()
    for second in (0.0, 2.0):
        one.renew(machines, IDLE, second)
        other.renew(machines, IDLE, second)
    let_end(other)  # the database was away for half a minute
    one.renew(machines, IDLE, 32.0)
    assert Collector.objects.count() == 2
    for second in range(34, 42, 2):
        assert one.renew(machines, IDLE, float(second)) == set()
    assert one.renew(machines, IDLE, 42.0) == set(other.held)


def test_who_is_always_slow_to_look_buries_the_dead_all_the_same(token: Token) -> None:
    machines = fleet(token, 2)
    slow, dead = Leases(), Leases()
    for second in (0.0, 2.0):
        slow.renew(machines, IDLE, second)
        dead.renew(machines, IDLE, second)
    let_end(dead)
    claimed = [slow.renew(machines, IDLE, float(second)) for second in range(8, 8 + 6 * 4, 6)]
    assert set(dead.held) in claimed


def test_who_was_buried_begins_a_new_life_with_nothing(token: Token) -> None:
    machines = fleet(token, 4)
    paused, other = Leases(), Leases()
    paused.renew(machines, IDLE, 0.0)
    let_end(paused)
    other.renew(machines, IDLE, 0.0)
    before = paused.holder
    assert paused.renew(machines, IDLE, 60.0) == set()
    assert paused.holder != before
    assert paused.held == {}
    other.renew(machines, IDLE, 62.0)
    assert len(paused.renew(machines, IDLE, 62.0)) == 2
    assert held_as_stored(paused, other)


@pytest.mark.django_db(transaction=True)
def test_many_that_claim_and_die_at_the_same_time_never_hold_the_same_machine(token: Token) -> None:
    machines = fleet(token, 130)
    every = [Leases() for _ in range(4)]

    def live(number: int) -> None:
        for turn in range(6):
            every[number].renew(machines, IDLE, 2.0 * turn)
            if number == 0 and turn == 3:
                let_end(every[number])
                every[number] = Leases()

    all_at_once(4, live)
    assert held_as_stored_once(every)
    for turn in range(2):
        for leases in every:
            leases.renew(machines, IDLE, 100.0 + turn)
    assert {pk for leases in every for pk in leases.held} == machines
    assert held_as_stored(*every)


def held_as_stored_once(every: list[Leases]) -> bool:
    found = [pk for leases in every for pk in leases.held]
    return len(found) == len(set(found))
