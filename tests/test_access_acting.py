"""Who gets the right to act on a machine, and with which token."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.rows import give_access, give_machine, give_token
from vps.access import Acting, Operation, get_acting
from vps.models import Ability, Machine, Token

pytestmark = pytest.mark.django_db
NOW = timezone.now()
ACTS = [Operation.POWER, Operation.CONSOLE, Operation.LOGIN, Operation.CLEAR_LOGIN]


@pytest.fixture
def ben(person: Callable[..., User]) -> User:
    return person("ben")


def act(user: User, machine: Machine, operation: Operation = Operation.POWER) -> Acting:
    return get_acting(user, machine.project, machine.product, operation)


def chosen(user: User, machine: Machine, operation: Operation = Operation.POWER) -> UUID:
    return act(user, machine, operation).token.pk


def note(token: Token, operation: str, *, allowed: bool) -> None:
    Ability.objects.create(token=token, operation=operation, allowed=allowed, since=NOW)


@pytest.mark.parametrize("operation", ACTS)
def test_whose_own_token_reads_a_machine_may_act_on_it(operation: Operation, anna: User) -> None:
    token = give_token(anna)
    machine = give_machine(token)
    acting = act(anna, machine, operation)
    assert (acting.machine, acting.token, acting.token.owner) == (machine, token, anna)
    grant = acting.grant
    assert (grant.operation, grant.project, grant.product) == (operation, machine.project, machine.product)
    assert (grant.token_id, grant.bound_to) == (token.pk, f"token/{token.pk}/{anna.pk}")


@pytest.mark.parametrize("operation", ACTS)
def test_a_strangers_machine_is_not_found(operation: Operation, anna: User, ben: User) -> None:
    machine = give_machine(give_token(anna))
    give_token(ben)
    with pytest.raises(Http404):
        act(ben, machine, operation)
    with pytest.raises(Http404):
        get_acting(anna, machine.project, "no-such", operation)


def test_an_administrator_of_the_installation_may_do_nothing_by_that_alone(
    anna: User, person: Callable[..., User]
) -> None:
    with pytest.raises(Http404):
        act(person("root", is_superuser=True, is_staff=True), give_machine(give_token(anna)))


@pytest.mark.parametrize("refused", ["token", "access"])
def test_what_is_refused_may_be_seen_and_not_done(refused: str, anna: User) -> None:
    token = give_token(anna, refused_at=NOW if refused == "token" else None)
    machine = give_machine(token, access={"refused_at": NOW if refused == "access" else None})
    with pytest.raises(PermissionDenied, match="Replace the token"):
        act(anna, machine)


def test_a_person_who_was_disabled_a_moment_ago_acts_on_nothing(anna: User) -> None:
    machine = give_machine(give_token(anna))
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert anna.is_active
    with pytest.raises(PermissionDenied):
        act(anna, machine)


def test_another_persons_token_is_never_used(anna: User, ben: User) -> None:
    machine = give_machine(give_token(ben))
    give_access(give_token(anna, refused_at=NOW), machine)
    with pytest.raises(PermissionDenied):
        act(anna, machine)
    good = give_token(anna)
    give_access(good, machine)
    assert chosen(anna, machine) == good.pk


def test_a_token_of_ones_own_that_does_not_read_this_machine_is_not_used(anna: User) -> None:
    machine = give_machine(give_token(anna, refused_at=NOW))
    give_machine(give_token(anna))
    with pytest.raises(PermissionDenied):
        act(anna, machine)


def test_of_several_good_tokens_it_is_the_first_that_read_it(anna: User) -> None:
    first, second = give_token(anna), give_token(anna)
    for _machine in range(3):
        give_machine(second)
    machine = give_machine(first)
    give_access(second, machine)
    for _machine in range(3):
        give_machine(first)
    assert chosen(anna, machine) == first.pk
    other = give_machine(second)
    give_access(first, other)
    assert chosen(anna, other) == second.pk


def test_a_token_that_may_not_do_it_is_chosen_last_and_only_for_that(anna: User) -> None:
    looker, good = give_token(anna), give_token(anna)
    machine = give_machine(looker)
    note(looker, "power", allowed=False)
    assert chosen(anna, machine) == looker.pk  # the only one: the provider is asked whether it still may not
    give_access(good, machine)
    assert chosen(anna, machine) == good.pk
    assert chosen(anna, machine, Operation.CONSOLE) == looker.pk
    note(good, "power", allowed=False)
    assert chosen(anna, machine) == looker.pk


@pytest.mark.parametrize("operation", [Operation.STATUS, Operation.LISTING])
def test_reading_is_no_act(operation: Operation, anna: User) -> None:
    with pytest.raises(ValueError, match="reading"):
        act(anna, give_machine(give_token(anna)), operation)


def test_one_query_tells(anna: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    booted = NOW - timedelta(hours=3)
    machine = give_machine(give_token(anna), booted_at=booted)
    with django_assert_num_queries(1):
        acting = act(anna, machine)
        assert acting.token.owner.get_username() == "anna"
        assert acting.booted_at == booted
    assert acting.tried is None
    note(acting.token, "power", allowed=True)
    assert act(anna, machine).tried is True
    assert act(anna, machine, Operation.LOGIN).tried is None


def test_a_right_to_act_prints_nothing_sealed(anna: User) -> None:
    acting = act(anna, give_machine(give_token(anna)))
    assert repr(acting.grant.sealed) not in repr(acting)
