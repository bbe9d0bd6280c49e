# ruff: noqa: S105  (codes that speak of tokens and passwords)
"""Writes down who did what to what. Lines are only ever added."""

from enum import StrEnum

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.utils import timezone

from vps.models import AuditEvent, Machine, Team, Token


class Code(StrEnum):
    """Every kind of line there is."""

    POWER_REQUESTED = "power.requested"
    POWER_ANSWERED = "power.answered"  # outcome: succeeded, failed, unknown
    LOGIN_REVEALED = "login.revealed"  # outcome: succeeded, gone, failed
    LOGIN_CLEAR_REQUESTED = "login.clear_requested"
    LOGIN_CLEARED = "login.cleared"  # outcome: succeeded, gone, failed, unknown
    CONSOLE_OPENED = "console.opened"  # outcome: succeeded, failed
    CONSOLE_CLOSED = "console.closed"  # outcome: closed, last_seen
    MACHINE_PROTECTED = "machine.protected"
    MACHINE_UNPROTECTED = "machine.unprotected"
    MACHINE_EXPECTED = "machine.expected"
    MACHINE_TAGGED = "machine.tagged"
    MACHINE_NOTED = "machine.noted"
    MACHINE_KEEPER = "machine.keeper"
    TOKEN_ADDED = "token.added"
    TOKEN_REPLACED = "token.replaced"
    TOKEN_RENAMED = "token.renamed"
    TOKEN_FORGOTTEN = "token.forgotten"
    TOKEN_PROJECT_ADDED = "token.project_added"
    TOKEN_PROJECT_REMOVED = "token.project_removed"
    SHARE_OPENED = "share.opened"
    SHARE_WITHDRAWN = "share.withdrawn"
    TEAM_CREATED = "team.created"
    TEAM_RENAMED = "team.renamed"
    TEAM_DELETED = "team.deleted"
    INVITATION_MADE = "invitation.made"
    INVITATION_WITHDRAWN = "invitation.withdrawn"
    INVITATION_ACCEPTED = "invitation.accepted"
    MEMBER_ROLE = "member.role"
    MEMBER_REMOVED = "member.removed"
    MEMBER_LEFT = "member.left"
    WALL_MADE = "wall.made"
    WALL_REVOKED = "wall.revoked"
    PERSON_CREATED = "person.created"
    PERSON_DISABLED = "person.disabled"
    PERSON_ENABLED = "person.enabled"
    PERSON_LINK_MADE = "person.link_made"
    PERSON_ADMIN = "person.admin"  # outcome: given, taken
    PERSON_FACTORS_FORGOTTEN = "person.factors_forgotten"
    SIGNED_IN = "signin.succeeded"
    SIGNIN_FAILED = "signin.failed"
    PASSWORD_CHANGED = "signin.password_changed"
    FACTOR_ADDED = "signin.factor_added"
    FACTOR_REMOVED = "signin.factor_removed"
    RECOVERY_CODES_MADE = "signin.recovery_codes_made"
    SESSIONS_ENDED = "signin.sessions_ended"


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
        team_id=team.pk if team else None,
        team=team.name if team else "",
        detail=detail,
    )
