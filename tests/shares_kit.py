"""What the tests of shares have in common: Anna shares her only token with a team, in which Ben is."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.rows import give_machine, give_share, give_team, give_token
from vps.access import visible_machines
from vps.models import Machine, Member, Role, Team, Token

NOW = timezone.now()


@pytest.fixture
def ben(person: Callable[..., User]) -> User:
    return person("ben")


@pytest.fixture
def cleo(person: Callable[..., User]) -> User:
    return person("cleo")


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


@pytest.fixture
def machine(token: Token) -> Machine:
    return give_machine(token)


@pytest.fixture
def team(token: Token, machine: Machine, anna: User, ben: User) -> Team:
    """Anna shares her only token with it; Ben is in it as an operator."""
    team = give_team(admin=anna, operator=ben)
    give_share(token, team)
    return team


def set_role(person: User, role: Role) -> None:
    Member.objects.filter(person=person).update(role=role)


def seen(user: User) -> list[Machine]:
    return list(visible_machines(user))
