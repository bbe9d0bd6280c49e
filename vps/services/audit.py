"""Writes down who did what to what. Lines are only ever added."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.utils import timezone

from vps.models import AuditEvent, Code, Machine, Team, Token
from vps.services.audit_details import checked

__all__ = ["Code", "record"]


def record(
    code: Code,
    *,
    outcome: str = "",
    person: AbstractBaseUser | None = None,
    machine: Machine | None = None,
    token: Token | None = None,
    team: Team | None = None,
    **detail: str | int,
) -> AuditEvent:
    """Adds a line, inside the transaction of what it tells of. `person` None: the panel itself did it. `detail` is
    read by people: never a secret, nor what a stranger could choose at length. Its names are those of DETAILS, else
    ValueError is raised."""
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
        team_id=team.pk if team else None,
        team=team.name if team else "",
        detail=checked(code, detail),
    )
