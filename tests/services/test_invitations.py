"""Invitations: one link, one member, and only while who made it may still invite."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from tests.rows import give_team
from tests.shares_kit import cleo
from vps.models import AuditEvent, Invitation, Member, Role, Team
from vps.services import invitations

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


# Invitations -------------------------------------------------------------------------------------


def test_a_link_makes_one_member_with_its_role(team: Team, anna: User, cleo: User) -> None:
    key_hash = invited(team, anna)
    told = invitations.look(cleo, key_hash)
    assert (told.team, told.role, told.by, told.member) == (team.name, Role.OPERATOR, "anna", False)
    invitations.accept(cleo, key_hash)
    assert member(team, cleo).role == Role.OPERATOR
    with pytest.raises(invitations.InvitationOver):
        invitations.accept(cleo, key_hash)
    assert codes() == ["invitation.made", "invitation.accepted"]


ENDS: dict[str, Callable[[Team, User], object]] = {
    "withdrawn": lambda team, by: invitations.withdraw(by, team.pk, Invitation.objects.get().pk),
    "too old": lambda team, by: Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1)),
    "used": lambda team, by: Invitation.objects.update(used_at=timezone.now()),
    "its maker is no admin now": lambda team, by: Member.objects.filter(person=by).update(role=Role.OPERATOR),
    "its maker left": lambda team, by: Member.objects.filter(person=by).delete(),
    "its maker is disabled": lambda team, by: User.objects.filter(pk=by.pk).update(is_active=False),
    "its team is deleted": lambda team, by: team.delete(),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_link_that_is_over_makes_nobody_a_member(how: str, team: Team, anna: User, cleo: User) -> None:
    key_hash = invited(team, anna, Role.ADMIN)
    ENDS[how](team, anna)
    assert not invitations.is_good(key_hash)
    for act in (invitations.look, invitations.accept):
        with pytest.raises(invitations.InvitationOver):
            act(cleo, key_hash)
    assert not Member.objects.filter(person=cleo).exists()


def test_who_is_a_member_already_uses_nothing_up(team: Team, anna: User, ben: User) -> None:
    key_hash = invited(team, anna, Role.ADMIN)
    with pytest.raises(PermissionDenied):
        invitations.accept(ben, key_hash)
    assert invitations.is_good(key_hash)
    assert member(team, ben).role == Role.VIEWER


def test_the_key_is_stored_nowhere(team: Team, anna: User) -> None:
    link, _mailed = invitations.invite(anna, team.pk, Role.VIEWER)
    key = link.reveal().rstrip("/").rpartition("/")[2]
    row = Invitation.objects.get()
    assert key not in repr(vars(row)) + repr(AuditEvent.objects.values().get()) + repr(link) + str(link)


def test_an_invitation_is_mailed_where_a_server_is_set(
    team: Team, anna: User, settings: object, mailoutbox: list[object]
) -> None:
    assert invitations.invite(anna, team.pk, Role.VIEWER, "cleo@example.org")[1] is False
    settings.EMAIL_HOST = "mail.example.org"  # type: ignore[attr-defined]
    link, mailed = invitations.invite(anna, team.pk, Role.VIEWER, "cleo@example.org")
    assert mailed
    [mail] = mailoutbox
    assert link.reveal() in mail.body  # type: ignore[attr-defined]
