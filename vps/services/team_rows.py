"""Teams as their pages show them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Count

from vps.access import get_team, visible_teams
from vps.models import Access, Member, Role, Share, Team


@dataclass(frozen=True)
class TeamRow:
    """A team in the list. `role`: one's own there, "" for an installation admin who is not in it."""

    id: UUID
    name: str
    role: str
    members: int
    shares: int


@dataclass(frozen=True)
class MemberRow:
    id: int
    name: str
    me: bool
    active: bool
    role: Role
    since: datetime
    shares: int


@dataclass(frozen=True)
class ShareRow:
    """A project that is open to the team. `token`: its name, to its owner alone; `word`: whether it still reads."""

    id: int
    project: str
    owner: str
    mine: bool
    token: str
    machines: int
    refused: bool
    since: datetime


@dataclass(frozen=True)
class TeamPage:
    """`inside`: one is a member; `admin`: one may change it."""

    id: UUID
    name: str
    role: str
    inside: bool
    admin: bool
    members: tuple[MemberRow, ...]
    shares: tuple[ShareRow, ...]


def list_teams(user: User) -> tuple[TeamRow, ...]:
    counted = visible_teams(user).annotate(
        people=Count("members", distinct=True), opened=Count("shares", distinct=True)
    )
    return tuple(TeamRow(team.pk, team.name, _role(team), team.people, team.opened) for team in counted)


def show_team(user: User, team_id: UUID) -> TeamPage:
    """Raises Http404."""
    team = get_team(user, team_id)
    mine = getattr(team, "my_role")  # noqa: B009  # an annotation of the query
    return TeamPage(
        id=team.pk,
        name=team.name,
        role=_role(team),
        inside=mine is not None,
        admin=mine == Role.ADMIN,
        members=tuple(_member(row, user) for row in _members(team)),
        shares=tuple(_shares(team, user)),
    )


def _role(team: Team) -> str:
    role = getattr(team, "my_role")  # noqa: B009  # an annotation of the query
    return str(Role(role).label) if role else ""


def _members(team: Team) -> list[Member]:
    rows = Member.objects.filter(team=team).select_related("person").annotate(opened=Count("shares"))
    return list(rows.order_by("-role", "person__username"))


def _member(row: Member, user: User) -> MemberRow:
    return MemberRow(
        id=row.pk,
        name=row.person.get_username(),
        me=row.person_id == user.pk,
        active=row.person.is_active,
        role=Role(row.role),
        since=row.since,
        shares=getattr(row, "opened"),  # noqa: B009  # an annotation of the query
    )


def _shares(team: Team, user: User) -> list[ShareRow]:
    rows = list(Share.objects.filter(team=team).select_related("token__owner"))
    counts = {
        (token, project): n
        for token, project, n in Access.objects.filter(token__in={row.token_id for row in rows})
        .values_list("token_id", "machine__project")
        .annotate(n=Count("pk"))
    }
    return [
        ShareRow(
            id=row.pk,
            project=row.project,
            owner=row.token.owner.get_username(),
            mine=row.token.owner_id == user.pk,
            token=row.token.name if row.token.owner_id == user.pk else "",
            machines=counts.get((row.token_id, row.project), 0),
            refused=row.token.refused_at is not None or not row.token.owner.is_active,
            since=row.shared_at,
        )
        for row in rows
    ]
