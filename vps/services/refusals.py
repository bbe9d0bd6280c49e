"""What the provider refuses to a token, and what it allows: written down when it changes, with the date."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from vps.models import Ability, Access, Revision, Status, Token

SAME_REFUSAL = timedelta(minutes=1)
READ_LATELY = timedelta(minutes=2)  # proofs are right to a minute, and a check takes its time


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
def refuse_token(
    token_id: UUID, sealed: bytes, at: datetime, said: str, since: datetime | None = None
) -> None:
    """401: the token is worth nothing now. Its cards change for its owner at once.

    `sealed` is what was refused: an answer that comes after the token was replaced says nothing of the new one.
    What it was refused for single machines just before, or from `since` on, was the same refusal, and ends with it.
    """
    folded = min(at - SAME_REFUSAL, since or at)
    if Token.objects.filter(pk=token_id, sealed=sealed, refused_at=None).update(refused_at=at, said=said):
        Access.objects.filter(token_id=token_id, refused_at__gte=folded).update(refused_at=None, said="")
        note_ability(token_id, Ability.Operation.READ, False, at, said)
        touch_cards(Access.objects.filter(token_id=token_id))


@transaction.atomic
def accept_token(token_id: UUID, at: datetime) -> None:
    """The provider answers to the token (again). It may read, unless every machine that it knows is refused to it."""
    if not _lock(token_id):
        return  # forgotten meanwhile
    if Token.objects.filter(pk=token_id).exclude(refused_at=None).update(refused_at=None, said=""):
        touch_cards(Access.objects.filter(token_id=token_id))
    if not _reads_nothing(token_id):
        note_ability(token_id, Ability.Operation.READ, True, at)


@transaction.atomic
def refuse_access(access_id: int, at: datetime, said: str) -> None:
    """The token may not read this machine (403), or no longer knows it (404)."""
    access = Access.objects.filter(pk=access_id)
    token_id = access.values_list("token_id", flat=True).first()
    if token_id is None or not _lock(token_id):
        return  # forgotten meanwhile
    if access.filter(refused_at=None).update(refused_at=at, said=said):
        touch_cards(access)
        if _reads_nothing(token_id):
            note_ability(token_id, Ability.Operation.READ, False, at, said)


@transaction.atomic
def accept(token_id: UUID, access_id: int, at: datetime) -> None:
    """The provider has just answered for this machine with this token."""
    if not _lock(token_id):
        return  # forgotten meanwhile
    access = Access.objects.filter(pk=access_id)
    if access.exclude(refused_at=None).update(refused_at=None, said=""):
        touch_cards(access)
    accept_token(token_id, at)


def touch_cards(accesses: QuerySet[Access]) -> None:
    """Whoever shows these machines is told at their next poll: what they may see is about to change, or has.

    Must be called inside a transaction.
    """
    revision = Revision.take()
    Status.objects.filter(machine__in=accesses.values("machine_id")).update(revision=revision)


def _lock(token_id: UUID) -> bool:
    """Keeps everybody else from changing the token until the transaction ends; false if there is none."""
    return Token.objects.select_for_update().filter(pk=token_id).first() is not None


def _reads_nothing(token_id: UUID) -> bool:
    known = Access.objects.filter(token_id=token_id)
    return known.exists() and not known.filter(refused_at=None).exists()


def reads_lately(token_id: UUID, at: datetime) -> bool:
    """Whether any machine was read with it in the last two minutes, and is not refused to it since."""
    good = Access.objects.filter(token_id=token_id, refused_at=None)
    return good.filter(proved_at__gt=at - READ_LATELY).exists()


def use_token(token_id: UUID, at: datetime) -> None:
    Token.objects.filter(pk=token_id).update(last_used_at=at)
