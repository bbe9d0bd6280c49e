"""Who sees and does what through tokens that others share: each cell of the rights table."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404

from tests.rows import give_access, give_machine, give_share, give_team, give_token
from tests.shares_kit import NOW, ben, cleo, machine, seen, set_role, team, token
from vps.access import (
    OWNER,
    Operation,
    allows,
    get_acting,
    get_machine,
    get_machine_as,
    right_of,
    visible_accesses,
)
from vps.models import Ability, Machine, Role, Team, Token

__all__ = ["ben", "cleo", "machine", "team", "token"]

pytestmark = pytest.mark.django_db
ACTS = [Operation.POWER, Operation.CONSOLE, Operation.LOGIN, Operation.CLEAR_LOGIN]
ROLES = [Role.VIEWER, Role.OPERATOR, Role.ADMIN]


def may(user: User, machine: Machine, operation: Operation) -> bool:
    try:
        get_acting(user, machine.project, machine.product, operation)
    except PermissionDenied:
        return False
    return True


# The rights table --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "allowed"), [(Role.VIEWER, []), (Role.OPERATOR, ACTS[:2]), (Role.ADMIN, ACTS)]
)
def test_a_role_may_do_what_the_table_says(
    role: Role, allowed: list[Operation], team: Team, machine: Machine, ben: User
) -> None:
    set_role(ben, role)
    assert [operation for operation in ACTS if may(ben, machine, operation)] == allowed
    assert right_of(ben, machine) == role


@pytest.mark.parametrize(
    ("role", "allowed"), [(Role.VIEWER, False), (Role.OPERATOR, False), (Role.ADMIN, True)]
)
def test_power_over_a_protected_machine_is_for_admins(
    role: Role, allowed: bool, team: Team, machine: Machine, ben: User
) -> None:
    set_role(ben, role)
    Machine.objects.update(protected=True)
    assert may(ben, machine, Operation.POWER) == allowed
    assert may(ben, machine, Operation.CONSOLE) == (role >= Role.OPERATOR)


def test_an_owner_may_do_everything_whatever_their_role(team: Team, machine: Machine, anna: User) -> None:
    set_role(anna, Role.VIEWER)
    Machine.objects.update(protected=True)
    assert all(may(anna, machine, operation) for operation in ACTS)
    assert right_of(anna, machine) == OWNER


def test_an_installation_admin_has_no_right_by_that_alone(
    team: Team, machine: Machine, person: Callable[..., User]
) -> None:
    root = person("root", is_superuser=True)
    assert (seen(root), right_of(root, machine)) == ([], 0)
    with pytest.raises(Http404):
        get_acting(root, machine.project, machine.product, Operation.POWER)


@pytest.mark.parametrize("right", [*ROLES, OWNER])
@pytest.mark.parametrize("needed", [*ROLES, OWNER])
def test_a_machine_is_given_to_who_has_at_least_the_right(
    right: int, needed: int, team: Team, machine: Machine, anna: User, ben: User
) -> None:
    user = anna if right == OWNER else ben
    if right != OWNER:
        set_role(ben, Role(right))
    if right >= needed:
        assert get_machine_as(user, machine.project, machine.product, needed) == machine
    else:
        with pytest.raises(PermissionDenied):
            get_machine_as(user, machine.project, machine.product, needed)


def test_what_a_right_allows_grows_with_it() -> None:
    table = {
        right: [operation for operation in ACTS if allows(right, operation)] for right in (0, *ROLES, OWNER)
    }
    assert table == {0: [], 1: [], 2: ACTS[:2], 3: ACTS, 4: ACTS}
    assert [right for right in (0, 1, 2, 3, 4) if allows(right, Operation.POWER, protected=True)] == [3, 4]


# What a share shows ------------------------------------------------------------------------------


def test_a_share_shows_its_project_and_no_other(
    team: Team, token: Token, machine: Machine, ben: User
) -> None:
    elsewhere = give_machine(token, machine={"project": "prj-2"})
    assert seen(ben) == [machine]
    with pytest.raises(Http404):
        get_machine(ben, elsewhere.project, elsewhere.product)


def test_who_is_in_another_team_sees_nothing(team: Team, machine: Machine, cleo: User) -> None:
    give_team(name="Others", admin=cleo)
    assert (seen(cleo), right_of(cleo, machine)) == ([], 0)
    with pytest.raises(Http404):
        get_machine_as(cleo, machine.project, machine.product, Role.VIEWER)


def test_two_teams_give_the_higher_role_and_one_machine(
    team: Team, token: Token, machine: Machine, anna: User, ben: User
) -> None:
    other = give_team(name="Others", admin=anna, viewer=ben)
    give_share(token, other)
    assert seen(ben) == [machine]
    assert right_of(ben, machine) == Role.OPERATOR
    assert visible_accesses(ben.pk).count() == 1


def test_the_role_counts_in_the_team_that_has_the_token(
    team: Team, machine: Machine, anna: User, ben: User, cleo: User
) -> None:
    """Ben is admin of a team whose token does not read the machine."""
    give_share(give_token(cleo), give_team(name="Others", admin=[ben, cleo]))
    assert right_of(ben, machine) == Role.OPERATOR
    assert not may(ben, machine, Operation.LOGIN)


def test_a_role_counts_for_the_project_that_its_team_has(
    team: Team, token: Token, machine: Machine, anna: User, ben: User, cleo: User
) -> None:
    """Ben is admin where another project of the same token is shared, and Cleo where this one is."""
    give_share(token, give_team(name="Others", admin=[anna, ben]), "prj-2")
    give_share(token, give_team(name="Cleo's", admin=cleo))
    assert (right_of(ben, machine), right_of(cleo, machine)) == (Role.OPERATOR, Role.ADMIN)
    assert (may(ben, machine, Operation.LOGIN), may(cleo, machine, Operation.LOGIN)) == (False, True)


def test_what_was_said_to_anothers_token_is_not_told(
    team: Team, token: Token, machine: Machine, ben: User
) -> None:
    machine.status.said_to = token.pk
    machine.status.save()
    [row] = seen(ben)
    assert (vars(row)["told"], vars(row)["granted"], vars(row)["shown_through"]) == (False, True, None)


# Which token a call uses -------------------------------------------------------------------------


def chosen(user: User, machine: Machine, operation: Operation = Operation.POWER) -> Token:
    return get_acting(user, machine.project, machine.product, operation).token


def own_token(ben: User, machine: Machine, **fields: object) -> Token:
    own = give_token(ben, **fields)  # type: ignore[arg-type]
    give_access(own, machine)
    return own


def test_ones_own_comes_first(team: Team, machine: Machine, ben: User) -> None:
    own = own_token(ben, machine)
    assert chosen(ben, machine) == own


def test_a_shared_one_where_ones_own_is_refused(
    team: Team, token: Token, machine: Machine, ben: User
) -> None:
    own_token(ben, machine, refused_at=NOW)
    assert chosen(ben, machine) == token
    assert right_of(ben, machine) == Role.OPERATOR
    assert not may(ben, machine, Operation.LOGIN)


def test_a_shared_one_where_ones_own_is_known_not_to_be_allowed(
    team: Team, token: Token, machine: Machine, ben: User
) -> None:
    own = own_token(ben, machine)
    Ability.objects.create(token=own, operation="power", allowed=False, since=NOW)
    assert (chosen(ben, machine), chosen(ben, machine, Operation.CONSOLE)) == (token, own)
    set_role(ben, Role.VIEWER)
    assert chosen(ben, machine) == own


def test_of_shared_ones_that_with_the_highest_role(
    team: Team, token: Token, machine: Machine, ben: User, cleo: User
) -> None:
    better = give_token(cleo)
    give_access(better, machine)
    give_share(better, give_team(name="Others", admin=[cleo, ben]))
    assert chosen(ben, machine) == better
    assert chosen(ben, machine, Operation.LOGIN) == better
