"""Rights are read again as soon as any of them changes, and else once a minute."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from tests.rows import give_access, give_machine, give_token
from tests.services.collector_kit import NOON
from vps.access import machine_readers
from vps.models import Access, Token, TokenProject
from vps.services.rights import Rights

pytestmark = pytest.mark.django_db

CHANGES: dict[str, Callable[[], object]] = {
    "a machine comes": lambda: give_machine(Token.objects.first()),
    "a machine goes": lambda: Access.objects.filter(pk=Access.objects.latest("pk").pk).delete(),
    "one goes as another comes": lambda: (
        Access.objects.latest("pk").delete(),
        give_machine(Token.objects.first()),
    ),
    "a machine is refused": lambda: Access.objects.filter(pk=first()).update(refused_at=NOON),
    "it is so no longer, and another is": lambda: (
        Access.objects.exclude(refused_at=None).update(refused_at=None),
        Access.objects.filter(pk=first()).update(refused_at=NOON),
    ),
    "a token is refused": lambda: Token.objects.update(refused_at=NOON),
    "a token is replaced": lambda: Token.objects.update(sealed=b"another"),
    "a person is disabled": lambda: User.objects.update(is_active=False),
    "a token comes": lambda: give_access(give_token(User.objects.get()), give_machine()),
    "a token is forgotten": lambda: Token.objects.all().delete(),
    "a listing is refused": lambda: TokenProject.objects.update(how="refused"),
}


def first() -> int:
    return Access.objects.earliest("pk").pk


@pytest.fixture
def token(anna: User) -> Token:
    token = give_token(anna)
    token.projects.create(project="prj-1", how="listed", checked_at=NOON)
    for refused_at in (None, None, NOON):
        give_machine(token, access={"refused_at": refused_at})
    return token


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_seen_at_the_next_look(change: str) -> None:
    rights = Rights()
    rights.look(0.0)
    before = rights.readers
    rights.look(2.0)
    assert rights.readers is before
    CHANGES[change]()
    rights.look(4.0)
    assert rights.readers == list(machine_readers()) != before
    assert rights.machines == {reader.machine_id for reader in rights.readers}


def test_proofs_that_grow_old_are_seen_within_a_minute(token: Token) -> None:
    rights = Rights()
    rights.look(0.0)
    Access.objects.update(proved_at=NOON)
    rights.look(59.0)
    assert not any(reader.unproved for reader in rights.readers)
    rights.look(60.0)
    assert all(reader.unproved for reader in rights.readers)
