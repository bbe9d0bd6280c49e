# ruff: noqa: S105  (codes that speak of tokens and passwords)
"""Every kind of audit line there is."""

from enum import StrEnum


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

    @property
    def group(self) -> str:
        """What it is about: the part before the dot."""
        return self.value.partition(".")[0]
