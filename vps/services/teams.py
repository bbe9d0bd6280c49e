"""Teams and their members. What is refused is refused in words: Http404 for who may not know of the team,
PermissionDenied for who may not do this. Each change locks the team's row first, so that of two nothing is decided by
what the other has changed."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from vps.access import active_admins, get_team, get_team_as_admin
from vps.models import Member, Role, Share, Team
from vps.services.audit import Code, record
from vps.services.shares import drop

__all__ = [
    "create_team",
    "delete_team",
    "find_member",
    "leave_team",
    "remove_member",
    "rename_team",
    "set_role",
]


@transaction.atomic
def create_team(user: User, name: str) -> Team:
    """A team whose only member, and admin, is who made it. Anybody may."""
    team = Team.objects.create(name=name)
    Member.objects.create(team=team, person=user, role=Role.ADMIN)
    record(Code.TEAM_CREATED, person=user, team=team)
    return team


@transaction.atomic
def rename_team(user: User, team_id: UUID, name: str) -> None:
    team = get_team_as_admin(user, team_id, lock=True)
    if team.name == name:
        return
    before, team.name = team.name, name
    team.save(update_fields=["name"])
    record(Code.TEAM_RENAMED, person=user, team=team, before=before)


@transaction.atomic
def delete_team(user: User, team_id: UUID) -> None:
    """With its memberships, shares, invitations and wall links, for good. Machines and tokens stay."""
    team = get_team_as_admin(user, team_id, lock=True)
    shares = drop(user, Share.objects.filter(team=team))
    record(Code.TEAM_DELETED, person=user, team=team, members=team.members.count(), shares=shares)
    team.delete()


@transaction.atomic
def set_role(user: User, team_id: UUID, member_id: int, role: Role) -> None:
    """By an admin; nobody is above one, so nobody is raised above who raises them."""
    team = get_team_as_admin(user, team_id, lock=True)
    member = _member(team, member_id)
    if member.role == role:
        return
    if role != Role.ADMIN:
        _not_the_last_admin(member)
    before, member.role = Role(member.role), role
    member.save(update_fields=["role"])
    record(
        Code.MEMBER_ROLE,
        person=user,
        team=team,
        who=member.person.get_username(),
        before=before.label,
        role=role.label,
    )


@transaction.atomic
def remove_member(user: User, team_id: UUID, member_id: int) -> None:
    """Out at their next request; what they shared with the team is withdrawn for good."""
    team = get_team_as_admin(user, team_id, lock=True)
    member = _member(team, member_id)
    if member.person_id == user.pk:
        raise PermissionDenied(_("To go yourself, leave the team."))
    _end(user, member, Code.MEMBER_REMOVED)


@transaction.atomic
def leave_team(user: User, team_id: UUID) -> None:
    """What this person shared with the team is withdrawn for good."""
    team = get_team(user, team_id, lock=True)
    member = Member.objects.filter(team=team, person=user).select_related("person").first()
    if member is None:
        raise PermissionDenied(_("You are not in this team."))
    _end(user, member, Code.MEMBER_LEFT)


def find_member(user: User, team_id: UUID, member_id: int) -> Member:
    """For who may change them: an admin of the team."""
    return _member(get_team_as_admin(user, team_id), member_id)


def _member(team: Team, member_id: int) -> Member:
    found = Member.objects.filter(team=team, pk=member_id).select_related("person", "team").first()
    if found is None:
        raise Http404(_("They are not in this team, or not any more."))
    return found


def _end(user: User, member: Member, code: Code) -> None:
    _not_the_last_admin(member)
    shares = drop(user, Share.objects.filter(member=member))
    who: dict[str, Any] = {"who": member.person.get_username()} if code == Code.MEMBER_REMOVED else {}
    record(code, person=user, team=member.team, shares=shares, **who)
    member.delete()


def _not_the_last_admin(member: Member) -> None:
    """Whoever calls has locked the team. An admin who is disabled is none who could help; so the other admins are
    locked, too, and one who is just being disabled is waited for."""
    if member.role != Role.ADMIN:
        return
    others = active_admins().filter(team_id=member.team_id).exclude(pk=member.pk).order_by("person_id")
    # of what is locked PostgreSQL looks again at whether it is still so
    if not others.select_related("person").select_for_update(of=("person",), no_key=True):
        raise PermissionDenied(
            _("A team needs an admin who is not disabled. Make somebody else one first, or delete the team.")
        )
