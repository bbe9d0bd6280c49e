"""Invitations: a link into a team with a role, good once and for some days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from vps.access import get_team_as_admin
from vps.models import Invitation, Member, Role, Team
from vps.services.audit import Code, record
from vps.services.link_keys import Secret, hash_of, new_key
from vps.services.mail import send_invitation

__all__ = [
    "DAYS",
    "InvitationOver",
    "Invited",
    "Secret",
    "accept",
    "hash_of",
    "invite",
    "is_good",
    "look",
    "open_ones",
    "withdraw",
]

DAYS = 7


class InvitationOver(Exception):
    """The link is unknown, used, withdrawn or too old, its team is gone, or who made it may not invite any more."""


@dataclass(frozen=True)
class Invited:
    """What a link is for."""

    team: str
    team_id: UUID
    role: Role
    by: str
    expires_at: datetime
    member: bool


def invite(user: User, team_id: UUID, role: Role, email: str = "") -> tuple[Secret, bool]:
    """The link, which is told this once, and whether it is mailed, too. By an admin, whom no role is above."""
    team, key = _make(user, team_id, role, email)
    link = Secret(settings.PUBLIC_URL + reverse("team_join_key", args=[key.reveal()]))
    # a mail server may be slow, and nobody waits for it with the team locked
    mailed = bool(email) and send_invitation(email, team.name, user.get_username(), link)
    return link, mailed


@transaction.atomic
def _make(user: User, team_id: UUID, role: Role, email: str) -> tuple[Team, Secret]:
    team = get_team_as_admin(user, team_id, lock=True)
    key, key_hash = new_key()
    Invitation.objects.create(
        team=team,
        key_hash=key_hash,
        role=role,
        email=email,
        made_by=user,
        made_by_name=user.get_username(),
        expires_at=timezone.now() + timedelta(days=DAYS),
    )
    record(Code.INVITATION_MADE, person=user, team=team, role=role.label)
    return team, key


@transaction.atomic
def withdraw(user: User, team_id: UUID, invitation_id: UUID) -> None:
    team = get_team_as_admin(user, team_id, lock=True)
    if not Invitation.objects.filter(team=team, pk=invitation_id).exists():
        raise Http404(_("There is no such invitation."))
    open_one = Invitation.objects.filter(team=team, pk=invitation_id, used_at=None, withdrawn_at=None)
    for invitation in open_one:
        open_one.update(withdrawn_at=timezone.now())
        record(Code.INVITATION_WITHDRAWN, person=user, team=team, role=Role(invitation.role).label)


def open_ones(user: User, team_id: UUID) -> QuerySet[Invitation]:
    """Those of a team that are still good, newest first, for its admins."""
    return _good().filter(team=get_team_as_admin(user, team_id))


def is_good(key_hash: str) -> bool:
    """Whether a link with this key leads anywhere, for whoever has it."""
    return _good().filter(key_hash=key_hash).exists()


def look(user: User, key_hash: str) -> Invited:
    """Raises InvitationOver."""
    invitation = _find(key_hash)
    team = invitation.team
    return Invited(
        team=team.name,
        team_id=team.pk,
        role=Role(invitation.role),
        by=invitation.made_by_name,
        expires_at=invitation.expires_at,
        member=Member.objects.filter(team=team, person=user).exists(),
    )


@transaction.atomic
def accept(user: User, key_hash: str) -> Team:
    """This person is a member now, and the link is used up: of two who use it at once, one is. Raises InvitationOver;
    PermissionDenied for who is a member already, which uses up nothing."""
    Team.objects.select_for_update().filter(invitations__key_hash=key_hash).first()
    invitation = _find(key_hash)
    team = invitation.team
    if Member.objects.filter(team=team, person=user).exists():
        raise PermissionDenied(_("You are in this team already."))
    used = Invitation.objects.filter(pk=invitation.pk, used_at=None, withdrawn_at=None)
    if not used.update(used_at=timezone.now(), used_by_name=user.get_username()):
        raise InvitationOver
    role = Role(invitation.role)
    Member.objects.create(team=team, person=user, role=role)
    record(
        Code.INVITATION_ACCEPTED, person=user, team=team, role=role.label, invited_by=invitation.made_by_name
    )
    return team


def _good() -> QuerySet[Invitation]:
    """An invitation is worth no more than who made it, now."""
    admins = Member.objects.filter(
        team=OuterRef("team"), person=OuterRef("made_by"), role=Role.ADMIN, person__is_active=True
    )
    still = Invitation.objects.filter(used_at=None, withdrawn_at=None, expires_at__gt=timezone.now())
    return still.filter(Exists(admins))


def _find(key_hash: str) -> Invitation:
    found = _good().filter(key_hash=key_hash).select_related("team").first()
    if found is None:
        raise InvitationOver
    return found
