"""Which teams a person may know of, and who may change them."""

from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import Http404
from django.utils.translation import gettext as _

from vps.models import Member, Role, Team

from .people import Keeper, get_person


def active_admins() -> QuerySet[Member]:
    """Who can do what an admin of a team may. Who is disabled keeps their role, and can do nothing by it."""
    return Member.objects.filter(role=Role.ADMIN, person__is_active=True)


def teams_that_need(by: Keeper, person_id: int) -> QuerySet[Team]:
    """Which teams would have no admin that can act if this person were disabled, by name; none for who is disabled
    already. Raises Http404 for who is no admin of the installation."""
    person = get_person(by, person_id)
    here = active_admins().filter(team=OuterRef("pk"))
    last = Exists(here.filter(person=person)), ~Exists(here.exclude(person=person))
    return Team.objects.filter(*last).order_by("name", "pk")


def visible_teams(user: AbstractBaseUser) -> QuerySet[Team]:
    """One's own teams; for the installation admin, all. Each carries `my_role`, None where one is no member."""
    roles = Member.objects.filter(team=OuterRef("pk"), person_id=user.pk)
    teams = Team.objects.annotate(my_role=Subquery(roles.values("role")[:1]))
    return teams if user.is_superuser else teams.filter(my_role__isnull=False)  # type: ignore[attr-defined]


def get_team(user: AbstractBaseUser, team_id: UUID, *, lock: bool = False) -> Team:
    """A team that this person may know of; with `lock` nobody else changes it, its members or invitations until the
    transaction ends. Raises Http404."""
    if lock:
        # Whoever changes anything of a team locks its row first; then what is read is how it stays.
        Team.objects.select_for_update().filter(pk=team_id).first()
    team = visible_teams(user).filter(pk=team_id).first()
    if team is None:
        raise Http404(_("There is no such team, or you are not in it."))
    return team


def get_team_as_admin(user: AbstractBaseUser, team_id: UUID, *, lock: bool = False) -> Team:
    """The same for one of its admins. Raises Http404 where this person may not know of it, else PermissionDenied."""
    team = get_team(user, team_id, lock=lock)
    if getattr(team, "my_role") != Role.ADMIN:  # noqa: B009  # an annotation of the query
        raise PermissionDenied(_("Only an admin of this team may do this."))
    return team
