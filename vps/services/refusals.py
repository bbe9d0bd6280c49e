"""What the provider refuses to a token, and what it allows: written down when it changes, with the date."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from vps.models import Ability, Access, Revision, Status, Token


def note_ability(
    token_id: UUID, operation: Ability.Operation, allowed: bool, at: datetime, said: str = ""
) -> None:
    """`since` moves only when the answer turns."""
    known = Ability.objects.filter(token_id=token_id, operation=operation)
    if known.filter(allowed=allowed).exists():
        return
    Ability.objects.update_or_create(
        token_id=token_id, operation=operation, defaults={"allowed": allowed, "since": at, "said": said}
    )


@transaction.atomic
def refuse_token(token_id: UUID, sealed: bytes, at: datetime, said: str) -> None:
    """401: the token is worth nothing now. Its cards change for its owner at once.

    `sealed` is what was refused: an answer that comes after the token was replaced says nothing of the new one.
    """
    if Token.objects.filter(pk=token_id, sealed=sealed, refused_at=None).update(refused_at=at, said=said):
        note_ability(token_id, Ability.Operation.READ, False, at, said)
        _touch_cards(Access.objects.filter(token_id=token_id), Revision.take())


@transaction.atomic
def accept_token(token_id: UUID, at: datetime) -> None:
    """The provider answers to the token (again)."""
    if not Token.objects.select_for_update().filter(pk=token_id).exists():
        return  # forgotten meanwhile
    if Token.objects.filter(pk=token_id).exclude(refused_at=None).update(refused_at=None, said=""):
        _touch_cards(Access.objects.filter(token_id=token_id), Revision.take())
    note_ability(token_id, Ability.Operation.READ, True, at)


@transaction.atomic
def refuse_access(access_id: int, at: datetime, said: str) -> None:
    """403: this token may not read this machine."""
    access = Access.objects.filter(pk=access_id)
    if access.filter(refused_at=None).update(refused_at=at, said=said):
        _touch_cards(access, Revision.take())


@transaction.atomic
def accept(token_id: UUID, access_id: int, at: datetime) -> None:
    """The provider has just answered for this machine with this token."""
    accept_token(token_id, at)
    access = Access.objects.filter(pk=access_id)
    if access.exclude(refused_at=None).update(refused_at=None, said=""):
        _touch_cards(access, Revision.take())


def _touch_cards(accesses: QuerySet[Access], revision: int) -> None:
    Status.objects.filter(machine__in=accesses.values("machine_id")).update(revision=revision)


def use_token(token_id: UUID, at: datetime) -> None:
    Token.objects.filter(pk=token_id).update(last_used_at=at)
