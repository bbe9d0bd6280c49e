"""Shares: one project of one's own token, opened to one team that one is in."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from vps.access import get_team, get_token, visible_teams
from vps.models import Member, Share, Team, Token, TokenProject
from vps.services.audit import Code, record


@dataclass(frozen=True)
class Choice:
    """A project of one's own tokens that is not open to a team yet. `key` names both in a form."""

    key: str
    token: str
    project: str


def choices(user: User, team_id: UUID) -> tuple[Choice, ...]:
    """What this person could open to the team. Raises Http404; PermissionDenied for who is not in it."""
    team = get_team(user, team_id)
    if getattr(team, "my_role") is None:  # noqa: B009  # an annotation of the query
        raise PermissionDenied(_("You can share with a team that you are in."))
    opened = set(Share.objects.filter(team=team).values_list("token_id", "project"))
    mine = TokenProject.objects.filter(token__owner_id=user.pk).exclude(how=TokenProject.How.REFUSED)
    rows = mine.select_related("token").order_by("token__name", "project")
    return tuple(
        Choice(f"{row.token_id}/{row.project}", row.token.name, row.project)
        for row in rows
        if (row.token_id, row.project) not in opened
    )


def share_words(found: tuple[Choice, ...]) -> list[tuple[str, str]]:
    """For a form: each choice's key and what it is called."""
    words = _("%(project)s, by your token %(token)s")
    return [(one.key, words % {"project": one.project, "token": one.token}) for one in found]


@transaction.atomic
def open_share(user: User, team_id: UUID, token_id: UUID, project: str) -> Share:
    """The team sees the project's machines through the token from now on, and acts through it by their roles. Nothing
    happens where it is open already. Raises Http404; PermissionDenied for who is not in the team."""
    team = get_team(user, team_id, lock=True)
    token = get_token(user, token_id, lock=True)
    member = Member.objects.filter(team=team, person=user).first()
    if member is None:
        raise PermissionDenied(_("You can share with a team that you are in."))
    if not TokenProject.objects.filter(token=token, project=project).exists():
        raise Http404(_("This token is not for that project."))
    share, new = Share.objects.get_or_create(
        token=token, project=project, team=team, defaults={"member": member}
    )
    if new:
        record(Code.SHARE_OPENED, person=user, token=token, team=team, project=project)
    return share


def get_share(user: User, share_id: int) -> Share:
    """One of one's own tokens'. Raises Http404."""
    own = Share.objects.filter(token__owner_id=user.pk).select_related("token__owner", "team")
    share = own.filter(pk=share_id).first()
    if share is None:
        raise Http404(_("There is no such share of yours."))
    return share


@transaction.atomic
def withdraw_share(user: User, share_id: int) -> Share:
    """Gone at everybody's next request. Raises Http404."""
    share = get_share(user, share_id)
    if Share.objects.filter(pk=share.pk).delete()[0]:
        record(Code.SHARE_WITHDRAWN, person=user, token=share.token, team=share.team, project=share.project)
    return share


def shares_of_token(user: User, token_id: UUID) -> tuple[Share, ...]:
    """To whom one's own token is open. Raises Http404."""
    rows = Share.objects.filter(token=get_token(user, token_id)).select_related("team")
    return tuple(rows.order_by("team__name", "project"))


def own_teams(user: User) -> tuple[Team, ...]:
    """Those that one is in."""
    return tuple(visible_teams(user).filter(members__person=user).order_by("name"))


def withdraw_unheld(user: AbstractBaseUser, token: Token) -> int:
    """Of projects that the token is used for no longer: a project that is added again is shared anew, or not at all.
    Must be called inside a transaction."""
    held = TokenProject.objects.filter(token=token).values("project")
    return drop(user, Share.objects.filter(token=token).exclude(project__in=held))


def drop(user: AbstractBaseUser, shares: QuerySet[Share]) -> int:
    """Ends them for good, with a line for each; says how many. Must be called inside a transaction."""
    # of two who withdraw the same one, one does and the other finds none
    ended = list(shares.select_for_update(of=("self",)).select_related("token__owner", "team"))
    for share in ended:
        record(Code.SHARE_WITHDRAWN, person=user, token=share.token, team=share.team, project=share.project)
    Share.objects.filter(pk__in=[share.pk for share in ended]).delete()
    return len(ended)
