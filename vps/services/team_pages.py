"""All that a team's page shows."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User

from vps.models import Invitation
from vps.services.coverage import Coverage, team_coverage
from vps.services.invitations import open_ones
from vps.services.mail import can_mail
from vps.services.shares import Choice, choices
from vps.services.team_rows import TeamPage, show_team


@dataclass(frozen=True)
class WholeTeam:
    """`coverage` and `invitations` are an admin's; `choices` what this person could share."""

    team: TeamPage
    choices: tuple[Choice, ...]
    invitations: tuple[Invitation, ...]
    coverage: Coverage | None
    can_mail: bool


def show_team_page(user: User, team_id: UUID) -> WholeTeam:
    """Raises Http404."""
    team = show_team(user, team_id)
    return WholeTeam(
        team=team,
        choices=choices(user, team_id) if team.inside else (),
        invitations=tuple(open_ones(user, team_id)) if team.admin else (),
        coverage=team_coverage(user, team_id) if team.admin else None,
        can_mail=can_mail(),
    )
