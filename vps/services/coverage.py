"""Coverage: which of a team's machines is seen through whose tokens, and what would go dark if somebody left."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User

from vps.access import get_team, get_team_as_admin
from vps.models import Access, Share, Team


@dataclass(frozen=True)
class Covered:
    """A machine, and the people through whose tokens the team reads it now; `lost`: through nobody's."""

    project: str
    product: str
    name: str
    through: tuple[str, ...]

    @property
    def lost(self) -> bool:
        return not self.through

    @property
    def single(self) -> bool:
        return len(self.through) == 1


@dataclass(frozen=True)
class Coverage:
    """Of all the machines that are shared with a team; those that hang on one person, or on nobody, come first.
    `dark`: how many would go dark if a person left, by name."""

    machines: tuple[Covered, ...]
    dark: dict[str, int]

    @property
    def single(self) -> int:
        return sum(machine.single for machine in self.machines)

    @property
    def lost(self) -> int:
        return sum(machine.lost for machine in self.machines)


def team_coverage(user: User, team_id: UUID) -> Coverage:
    """For the team's admins, in two queries. Raises Http404 and PermissionDenied."""
    machines = _covered(get_team_as_admin(user, team_id))
    dark: dict[str, int] = defaultdict(int)
    for machine in machines:
        if machine.single:
            dark[machine.through[0]] += 1
    return Coverage(tuple(machines), dict(dark))


def dark_without(user: User, team_id: UUID, person: User) -> tuple[str, ...]:
    """The names of the machines that the team sees through this person's tokens alone, in their order. Of others they
    are for its admins; of oneself for every member. Raises Http404 and PermissionDenied."""
    team = get_team(user, team_id) if person == user else get_team_as_admin(user, team_id)
    return tuple(row.name for row in _covered(team) if row.through == (person.get_username(),))


def _covered(team: Team) -> list[Covered]:
    """Those that hang on one person, or on nobody, come first."""
    opened = Share.objects.filter(team=team).values_list("token_id", "project", "token__owner__username")
    owners = {(token, project): owner for token, project, owner in opened}
    ways = Access.objects.filter(token__in={token for token, _project in owners}).values_list(
        "token_id",
        "machine__project",
        "machine__product",
        "machine__name",
        "refused_at",
        "token__refused_at",
        "token__owner__is_active",
    )
    through: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for token, project, product, name, refused, token_refused, active in ways:
        if (token, project) in owners:
            people = through[(project, product, name or product)]
            if active and not refused and not token_refused:
                people.add(owners[(token, project)])
    machines = [Covered(*machine, tuple(sorted(people))) for machine, people in through.items()]
    return sorted(machines, key=lambda row: (len(row.through), row.name, row.project, row.product))
