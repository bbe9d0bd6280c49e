"""How a right that others gave ends, and who knows of a team."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404

from tests.rows import give_share, give_team
from tests.shares_kit import NOW, ben, cleo, machine, seen, set_role, team, token
from vps.access import (
    Operation,
    get_acting,
    get_team,
    get_team_as_admin,
    machine_readers,
    right_of,
    visible_teams,
)
from vps.models import Access, Machine, Member, Role, Share, Team, Token
from vps.services.pulse import take_probe

__all__ = ["ben", "cleo", "machine", "team", "token"]

pytestmark = pytest.mark.django_db


# How a right ends --------------------------------------------------------------------------------

ENDS: dict[str, Callable[[User, User], object]] = {
    "the share is withdrawn": lambda anna, ben: Share.objects.all().delete(),
    "the member is removed": lambda anna, ben: Member.objects.filter(person=ben).delete(),
    "the owner leaves": lambda anna, ben: Member.objects.filter(person=anna).delete(),
    "the owner is disabled": lambda anna, ben: User.objects.filter(pk=anna.pk).update(is_active=False),
    "the team is deleted": lambda anna, ben: Team.objects.all().delete(),
    "the token is forgotten": lambda anna, ben: Token.objects.all().delete(),
}


@pytest.mark.parametrize("how", ENDS)
def test_it_is_gone_at_once(how: str, team: Team, machine: Machine, anna: User, ben: User) -> None:
    before = take_probe(ben)
    ENDS[how](anna, ben)
    assert (seen(ben), right_of(ben, machine)) == ([], 0)
    assert not take_probe(ben).is_right(before.version(None), late=before.late)
    with pytest.raises(Http404):
        get_acting(ben, machine.project, machine.product, Operation.POWER)


def test_who_comes_back_brings_no_shares_back(team: Team, token: Token, anna: User, ben: User) -> None:
    Member.objects.filter(person=anna).delete()
    Member.objects.create(team=team, person=anna, role=Role.ADMIN)
    assert seen(ben) == []


def test_an_owner_who_is_disabled_is_asked_with_no_more(team: Team, anna: User) -> None:
    assert len(list(machine_readers())) == 1
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert list(machine_readers()) == []


@pytest.mark.parametrize("whose", ["token", "machine"])
def test_a_refused_token_shows_since_when_and_acts_no_more(
    whose: str, team: Team, machine: Machine, ben: User
) -> None:
    rows = Token.objects if whose == "token" else Access.objects
    rows.update(refused_at=NOW)
    [row] = seen(ben)
    assert (vars(row)["granted"], vars(row)["refused_at"], vars(row)["right"]) == (False, NOW, Role.OPERATOR)
    with pytest.raises(PermissionDenied, match="shared with you"):
        get_acting(ben, machine.project, machine.product, Operation.POWER)


@pytest.mark.parametrize("change", ["a role", "another share of the same machines"])
def test_an_open_board_is_wrong_when_a_right_changes(
    change: str, team: Team, token: Token, anna: User, ben: User
) -> None:
    before = take_probe(ben)
    assert take_probe(ben).is_right(before.version(None), late=before.late)
    if change == "a role":
        set_role(ben, Role.VIEWER)
    else:
        give_share(token, give_team(name="Others", admin=[anna, ben]))
    assert not take_probe(ben).is_right(before.version(None), late=before.late)


def test_roles_that_are_swapped_make_an_open_board_wrong(
    team: Team, token: Token, anna: User, ben: User
) -> None:
    other = give_team(name="Others", admin=anna, viewer=ben)
    give_share(token, other)
    before = take_probe(ben)
    for where, role in ((team, Role.VIEWER), (other, Role.OPERATOR)):
        Member.objects.filter(team=where, person=ben).update(role=role)
    assert not take_probe(ben).is_right(before.version(None), late=before.late)


def test_who_was_disabled_meanwhile_acts_no_more(team: Team, machine: Machine, ben: User) -> None:
    User.objects.filter(pk=ben.pk).update(is_active=False)
    with pytest.raises(PermissionDenied):
        get_acting(ben, machine.project, machine.product, Operation.POWER)


# Teams -------------------------------------------------------------------------------------------


def test_one_sees_ones_own_teams_and_the_installation_admin_all(
    team: Team, ben: User, cleo: User, person: Callable[..., User]
) -> None:
    root = person("root", is_superuser=True)
    assert [list(visible_teams(user)) for user in (ben, cleo, root)] == [[team], [], [team]]
    assert get_team(ben, team.pk).my_role == Role.OPERATOR  # type: ignore[attr-defined]
    with pytest.raises(Http404):
        get_team(cleo, team.pk)


def test_a_team_is_changed_by_its_admins_alone(
    team: Team, anna: User, ben: User, cleo: User, person: Callable[..., User]
) -> None:
    assert get_team_as_admin(anna, team.pk, lock=True) == team
    for user in (ben, person("root", is_superuser=True)):
        with pytest.raises(PermissionDenied):
            get_team_as_admin(user, team.pk)
    with pytest.raises(Http404):
        get_team_as_admin(cleo, team.pk)
