"""What the tests of people share."""

from django.contrib.auth.models import User

from tests.rows import give_share, give_team
from vps.models import AuditEvent, Machine, Share, SigninLink, Token
from vps.services.link_keys import Secret


def give_to_team(token: Token, machine: Machine, *others: User) -> Share:
    """The machine's project, opened by the token's owner to a new team of theirs and of others."""
    return give_share(token, give_team(admin=token.owner, operator=list(others)), machine.project)


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
