"""The people and teams of the demo, who are told apart by what they may do."""

from typing import NamedTuple

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext_lazy

from vps.models import Member, Role, Share, Team, Token


class Part(NamedTuple):
    """Somebody's part: `shop` and `office` are roles; `told` is what they are shown for."""

    name: str
    first: str
    last: str
    shop: Role
    office: Role
    told: object


LEAD = Part(
    "demo", "Dana", "Demo", Role.ADMIN, Role.VIEWER,
    gettext_lazy("owns the tokens, is admin of the team Shop and of the installation"),
)  # fmt: skip
CAST = (
    LEAD,
    Part("olga", "Olga", "Ops", Role.OPERATOR, Role.ADMIN, gettext_lazy("operator in Shop, admin of Office")),
    Part(
        "vic", "Vic", "View", Role.VIEWER, Role.OPERATOR, gettext_lazy("viewer in Shop, operator in Office")
    ),
)


def make_lead(password: str) -> User:
    """Who adds the demo's tokens."""
    return _make(LEAD, make_password(password), is_superuser=True)


@transaction.atomic
def make_teams(lead: User, token: Token, shop: str, office: str) -> None:
    """The other people, who have the lead's password, two teams, and a project of the lead's token opened to each."""
    people = {LEAD: lead} | {part: _make(part, lead.password) for part in CAST if part is not LEAD}
    for name, project in (("Shop", shop), ("Office", office)):
        team = Team.objects.create(name=name)
        members = {
            part: Member.objects.create(team=team, person=person, role=getattr(part, name.lower()))
            for part, person in people.items()
        }
        Share.objects.create(token=token, project=project, team=team, member=members[LEAD])


def _make(part: Part, hashed: str, **fields: bool) -> User:
    names = {"username": part.name, "first_name": part.first, "last_name": part.last}
    return User.objects.create(**names, email=f"{part.name}@example.org", password=hashed, **fields)
