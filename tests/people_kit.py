"""What the tests of people share."""

from django.contrib.auth.models import User

from vps.models import AuditEvent, Machine, Member, Role, Share, SigninLink, Team, Token
from vps.services.link_keys import Secret


def give_to_team(token: Token, machine: Machine, *others: User) -> Share:
    """The machine's project, opened by the token's owner to a new team of theirs and of others."""
    team = Team.objects.create(name="Ops")
    own = Member.objects.create(team=team, person=token.owner, role=Role.ADMIN)
    for other in others:
        Member.objects.create(team=team, person=other, role=Role.OPERATOR)
    return Share.objects.create(token=token, project=machine.project, team=team, member=own)


def path_of(link: Secret) -> str:
    return link.reveal().removeprefix("http://localhost:8000")


def key_of(link: Secret) -> str:
    return path_of(link).removeprefix("/accounts/link/").removesuffix("/")


def lines(prefix: str = "") -> list[tuple[str, str, str]]:
    """Code, who did it, and to whom it was done, in their order."""
    found = AuditEvent.objects.filter(code__startswith=prefix).order_by("pk")
    return [(line.code, line.person, line.detail.get("who", "")) for line in found]


def open_links(person: User) -> int:
    return SigninLink.objects.filter(person=person, used_at=None).count()
