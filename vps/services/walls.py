"""Wall links: made and revoked by a team's admins."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from vps.access import get_team_as_admin
from vps.access.walls import get_wall
from vps.models import WallLink
from vps.services.audit import Code, record
from vps.services.link_keys import Secret, hash_of, new_key

__all__ = [
    "NameTaken",
    "Secret",
    "WallLink",
    "find_wall",
    "hash_of",
    "list_walls",
    "make_wall",
    "open_wall",
    "revoke_wall",
]

SEEN = timedelta(minutes=1)


class NameTaken(Exception):
    """Another link of the team has that name."""


def list_walls(user: User, team_id: UUID) -> QuerySet[WallLink]:
    """Those of a team that are not revoked, for its admins."""
    return WallLink.objects.filter(team=get_team_as_admin(user, team_id), revoked_at=None)


@transaction.atomic
def make_wall(user: User, team_id: UUID, name: str) -> Secret:
    """The link's address, which is told this once. Raises NameTaken."""
    team = get_team_as_admin(user, team_id, lock=True)
    if WallLink.objects.filter(team=team, name=name, revoked_at=None).exists():
        raise NameTaken
    key, key_hash = new_key()
    WallLink.objects.create(team=team, name=name, key_hash=key_hash, made_by_name=user.get_username())
    record(Code.WALL_MADE, person=user, team=team, wall=name)
    return Secret(settings.PUBLIC_URL + reverse("wall_key", args=[key.reveal()]))


def find_wall(user: User, team_id: UUID, wall_id: UUID) -> WallLink:
    """One that is not revoked, for the team's admins. Raises Http404."""
    wall = list_walls(user, team_id).filter(pk=wall_id).first()
    if wall is None:
        raise Http404(_("There is no such wall link, or not any more."))
    return wall


@transaction.atomic
def revoke_wall(user: User, team_id: UUID, wall_id: UUID) -> None:
    """Every screen with this link is blank at its next look."""
    team = get_team_as_admin(user, team_id, lock=True)
    wall = find_wall(user, team_id, wall_id)
    wall.revoked_at = timezone.now()
    wall.save(update_fields=["revoked_at"])
    record(Code.WALL_REVOKED, person=user, team=team, wall=wall.name)


def open_wall(key_hash: str) -> WallLink:
    """By its key, for the screen. When it was last seen is right to a minute. Raises Http404."""
    wall = get_wall(key_hash)
    now = timezone.now()
    if wall.revoked_at is None and (wall.seen_at is None or wall.seen_at < now - SEEN):
        stale = Q(seen_at=None) | Q(seen_at__lt=now - SEEN)
        WallLink.objects.filter(stale, pk=wall.pk).update(seen_at=now)
    return wall
