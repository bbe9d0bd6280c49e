"""Teams: who may do what with members, invitations and shares, and what stays true when two do so at once."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from tests.rows import give_access, give_machine, give_share, give_team, give_token
from tests.shares_kit import cleo
from vps.access import right_of, visible_machines
from vps.models import AuditEvent, Member, Role, Share, Team, TokenProject
from vps.services import invitations, shares, teams
from vps.services.coverage import team_coverage
from vps.services.team_rows import list_teams, show_team

__all__ = ["cleo"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def team(anna: User, ben: User) -> Team:
    return give_team(admin=anna, viewer=ben)


def member(team: Team, person: User) -> Member:
    return Member.objects.get(team=team, person=person)


def codes() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("code", flat=True))


def invited(team: Team, by: User, role: Role = Role.OPERATOR) -> str:
    link, _mailed = invitations.invite(by, team.pk, role)
    return invitations.hash_of(link.reveal().rstrip("/").rpartition("/")[2])


# The team itself ---------------------------------------------------------------------------------


def test_who_makes_a_team_is_its_admin(anna: User) -> None:
    made = teams.create_team(anna, "Shop")
    assert [(row.name, row.role, row.members) for row in list_teams(anna)] == [("Shop", "admin", 1)]
    assert AuditEvent.objects.get().team_id == made.pk


def test_an_admin_renames_and_deletes_it(team: Team, anna: User, ben: User) -> None:
    token = give_token(anna)
    machine = give_machine(token)
    give_share(token, team)
    teams.rename_team(anna, team.pk, "Office")
    assert show_team(ben, team.pk).name == "Office"
    teams.delete_team(anna, team.pk)
    assert (list_teams(ben), right_of(ben, machine)) == ((), 0)
    assert codes() == ["team.renamed", "share.withdrawn", "team.deleted"]


ADMINS_ACTS: dict[str, Callable[[User, Team, Member], object]] = {
    "rename": lambda user, team, of: teams.rename_team(user, team.pk, "X"),
    "delete": lambda user, team, of: teams.delete_team(user, team.pk),
    "role": lambda user, team, of: teams.set_role(user, team.pk, of.pk, Role.ADMIN),
    "remove": lambda user, team, of: teams.remove_member(user, team.pk, of.pk),
    "invite": lambda user, team, of: invitations.invite(user, team.pk, Role.VIEWER),
    "invitations": lambda user, team, of: invitations.open_ones(user, team.pk),
    "withdraw": lambda user, team, of: invitations.withdraw(user, team.pk, uuid4()),
    "coverage": lambda user, team, of: team_coverage(user, team.pk),
}


@pytest.mark.parametrize("act", ADMINS_ACTS)
def test_who_is_no_admin_may_not_and_who_is_not_in_it_finds_nothing(
    act: str, team: Team, anna: User, ben: User, cleo: User, person: Callable[..., User]
) -> None:
    for role in (Role.VIEWER, Role.OPERATOR):
        Member.objects.filter(person=ben).update(role=role)
        with pytest.raises(PermissionDenied):
            ADMINS_ACTS[act](ben, team, member(team, anna))
    with pytest.raises(PermissionDenied):
        ADMINS_ACTS[act](person("root", is_superuser=True), team, member(team, ben))
    give_team(name="Others", admin=cleo)
    with pytest.raises(Http404):
        ADMINS_ACTS[act](cleo, team, member(team, ben))
    assert (codes(), Member.objects.filter(team=team).count()) == ([], 2)


# Members -----------------------------------------------------------------------------------------


def test_a_role_is_changed_and_obeyed(team: Team, anna: User, ben: User) -> None:
    token = give_token(anna)
    machine = give_machine(token)
    give_share(token, team)
    teams.set_role(anna, team.pk, member(team, ben).pk, Role.ADMIN)
    assert right_of(ben, machine) == Role.ADMIN
    teams.set_role(ben, team.pk, member(team, anna).pk, Role.VIEWER)
    assert [line.detail for line in AuditEvent.objects.order_by("pk")] == [
        {"who": "ben", "before": "viewer", "role": "admin"},
        {"who": "anna", "before": "admin", "role": "viewer"},
    ]


def test_the_last_admin_can_not_go(team: Team, anna: User, ben: User) -> None:
    with pytest.raises(PermissionDenied, match="needs an admin"):
        teams.set_role(anna, team.pk, member(team, anna).pk, Role.OPERATOR)
    with pytest.raises(PermissionDenied, match="needs an admin"):
        teams.leave_team(anna, team.pk)
    Member.objects.filter(person=ben).update(role=Role.ADMIN)
    User.objects.filter(pk=ben.pk).update(is_active=False)
    with pytest.raises(PermissionDenied, match="needs an admin"):
        teams.leave_team(anna, team.pk)
    User.objects.filter(pk=ben.pk).update(is_active=True)
    teams.leave_team(anna, team.pk)
    with pytest.raises(PermissionDenied, match="needs an admin"):
        teams.leave_team(ben, team.pk)


def test_who_goes_takes_their_shares_along_and_does_not_bring_them_back(
    team: Team, anna: User, ben: User
) -> None:
    token = give_token(ben)
    machine = give_machine(token)
    give_share(token, team)
    assert right_of(anna, machine) == Role.ADMIN
    teams.remove_member(anna, team.pk, member(team, ben).pk)
    assert (right_of(anna, machine), codes()) == (0, ["share.withdrawn", "member.removed"])
    invitations.accept(ben, invited(team, anna))
    assert right_of(anna, machine) == 0


def test_a_member_of_another_team_is_not_changed_through_ones_own(team: Team, anna: User, cleo: User) -> None:
    other = give_team(name="Others", admin=cleo)
    with pytest.raises(Http404):
        teams.set_role(anna, team.pk, member(other, cleo).pk, Role.VIEWER)
    with pytest.raises(Http404):
        teams.remove_member(anna, team.pk, member(other, cleo).pk)


# Shares ------------------------------------------------------------------------------------------


def test_an_owner_opens_a_project_and_withdraws_it(team: Team, anna: User, ben: User) -> None:
    token = give_token(anna)
    give_machine(token)
    TokenProject.objects.create(token=token, project="prj-1", how="listed", checked_at=timezone.now())
    [choice] = shares.choices(anna, team.pk)
    assert choice.key == f"{token.pk}/prj-1"
    share = shares.open_share(anna, team.pk, token.pk, "prj-1")
    assert shares.open_share(anna, team.pk, token.pk, "prj-1") == share
    assert (shares.choices(anna, team.pk), visible_machines(ben).count()) == ((), 1)
    with pytest.raises(Http404):
        shares.withdraw_share(ben, share.pk)
    shares.withdraw_share(anna, share.pk)
    assert visible_machines(ben).count() == 0
    assert codes() == ["share.opened", "share.withdrawn"]


def test_nobody_shares_anothers_token_another_project_or_with_another_team(
    team: Team, anna: User, ben: User, cleo: User
) -> None:
    hers, his = give_token(anna), give_token(ben)
    for token in (hers, his):
        TokenProject.objects.create(token=token, project="prj-1", how="listed", checked_at=timezone.now())
    others = give_team(name="Others", admin=cleo)
    for team_id, token_id, project in (
        (team.pk, his.pk, "prj-1"),
        (team.pk, hers.pk, "prj-2"),
        (others.pk, hers.pk, "prj-1"),
    ):
        with pytest.raises(Http404):
            shares.open_share(anna, team_id, token_id, project)
    anna.is_superuser = True
    with pytest.raises(PermissionDenied):
        shares.open_share(anna, others.pk, hers.pk, "prj-1")
    assert not Share.objects.exists()


def test_a_tokens_name_is_shown_to_its_owner_alone(team: Team, anna: User, ben: User) -> None:
    give_share(give_token(anna, name="laptop"), team)
    assert [row.token for row in show_team(anna, team.pk).shares] == ["laptop"]
    assert "laptop" not in repr(show_team(ben, team.pk))


# Coverage ----------------------------------------------------------------------------------------


def test_it_tells_through_whom_each_machine_is_seen_and_what_would_go_dark(
    team: Team, anna: User, ben: User
) -> None:
    hers, his = give_token(anna), give_token(ben)
    both, only = give_machine(hers, machine={"name": "both"}), give_machine(hers, machine={"name": "only"})
    give_access(his, both)
    give_machine(his, machine={"name": "lost"}, access={"refused_at": timezone.now()})
    give_machine(hers, machine={"name": "elsewhere", "project": "prj-2"})
    give_share(hers, team)
    give_share(his, team)
    coverage = team_coverage(anna, team.pk)
    assert [(row.name, row.through) for row in coverage.machines] == [
        ("lost", ()),
        ("only", ("anna",)),
        ("both", ("anna", "ben")),
    ]
    assert (coverage.dark, coverage.single, coverage.lost) == ({"anna": 1}, 1, 1)
    assert only.project == "prj-1"
