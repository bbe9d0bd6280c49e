"""Writes down who did what to what. Lines are only ever added."""

from enum import StrEnum

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.utils import timezone

from vps.models import AuditEvent, Machine, Token


class Code(StrEnum):
    """Every kind of line there is."""

    POWER_REQUESTED = "power.requested"
    POWER_ANSWERED = "power.answered"  # outcome: succeeded, failed, unknown
    LOGIN_REVEALED = "login.revealed"  # outcome: succeeded, gone, failed
    LOGIN_CLEAR_REQUESTED = "login.clear_requested"
    LOGIN_CLEARED = "login.cleared"  # outcome: succeeded, gone, failed, unknown
    CONSOLE_OPENED = "console.opened"  # outcome: succeeded, failed
    CONSOLE_CLOSED = "console.closed"  # outcome: closed, last_seen


def record(
    code: Code,
    *,
    outcome: str = "",
    person: AbstractBaseUser | None = None,
    machine: Machine | None = None,
    token: Token | None = None,
    **detail: str | int,
) -> AuditEvent:
    """Adds a line, inside the transaction of what it tells of. `person` None: the panel itself did it. `detail` is
    read by people: never a secret, nor what a stranger could choose at length."""
    if not connection.in_atomic_block:
        raise RuntimeError("an audit line is written in the transaction of what it tells of")
    return AuditEvent.objects.create(
        at=timezone.now(),
        code=code,
        outcome=outcome,
        person_id=person.pk if person else None,
        person=person.get_username() if person else "",
        project=machine.project if machine else "",
        product=machine.product if machine else "",
        machine=machine.name if machine else "",
        token_id=token.pk if token else None,
        token=token.name if token else "",
        token_owner_id=token.owner_id if token else None,
        token_owner=token.owner.get_username() if token else "",
        detail=detail,
    )
