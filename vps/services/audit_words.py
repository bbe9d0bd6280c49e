"""Puts audit lines into words: what was done, what else there is to know of it, and what came of it."""

from collections.abc import Iterator

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps.models import AuditEvent, Code
from vps.services.action_words import BUTTONS

# What the person of the line did, or what happened to them; %(button)s where a power button was pressed.
KINDS: dict[Code, Promise] = {
    Code.POWER_REQUESTED: gettext_lazy("Pressed %(button)s"),
    Code.POWER_ANSWERED: gettext_lazy("Was answered on %(button)s"),
    Code.LOGIN_REVEALED: gettext_lazy("Asked for the default login"),
    Code.LOGIN_CLEAR_REQUESTED: gettext_lazy("Asked to have the default login cleared"),
    Code.LOGIN_CLEARED: gettext_lazy("Was answered on clearing the default login"),
    Code.CONSOLE_OPENED: gettext_lazy("Opened the console"),
    Code.CONSOLE_CLOSED: gettext_lazy("Left the console"),
    Code.MACHINE_PROTECTED: gettext_lazy("Protected the machine"),
    Code.MACHINE_UNPROTECTED: gettext_lazy("Lifted the machine’s protection"),
    Code.MACHINE_EXPECTED: gettext_lazy("Said in which state the machine should be"),
    Code.MACHINE_TAGGED: gettext_lazy("Changed the machine’s tags"),
    Code.MACHINE_NOTED: gettext_lazy("Wrote the machine’s notes"),
    Code.MACHINE_KEEPER: gettext_lazy("Said who looks after the machine"),
    Code.TOKEN_ADDED: gettext_lazy("Added a token"),
    Code.TOKEN_REPLACED: gettext_lazy("Replaced a token"),
    Code.TOKEN_RENAMED: gettext_lazy("Renamed a token"),
    Code.TOKEN_FORGOTTEN: gettext_lazy("Had a token forgotten"),
    Code.TOKEN_PROJECT_ADDED: gettext_lazy("Added a project to a token"),
    Code.TOKEN_PROJECT_REMOVED: gettext_lazy("Removed a project from a token"),
    Code.SHARE_OPENED: gettext_lazy("Shared a token with a team"),
    Code.SHARE_WITHDRAWN: gettext_lazy("Withdrew a token from a team"),
    Code.TEAM_CREATED: gettext_lazy("Created a team"),
    Code.TEAM_RENAMED: gettext_lazy("Renamed a team"),
    Code.TEAM_DELETED: gettext_lazy("Deleted a team"),
    Code.INVITATION_MADE: gettext_lazy("Made an invitation"),
    Code.INVITATION_WITHDRAWN: gettext_lazy("Withdrew an invitation"),
    Code.INVITATION_ACCEPTED: gettext_lazy("Accepted an invitation"),
    Code.MEMBER_ROLE: gettext_lazy("Changed a member’s role"),
    Code.MEMBER_REMOVED: gettext_lazy("Removed a member"),
    Code.MEMBER_LEFT: gettext_lazy("Left a team"),
    Code.WALL_MADE: gettext_lazy("Made a wall link"),
    Code.WALL_REVOKED: gettext_lazy("Revoked a wall link"),
    Code.PERSON_CREATED: gettext_lazy("Created a person"),
    Code.PERSON_DISABLED: gettext_lazy("Disabled a person"),
    Code.PERSON_ENABLED: gettext_lazy("Enabled a person"),
    Code.PERSON_LINK_MADE: gettext_lazy("Made a sign-in link"),
    Code.PERSON_ADMIN: gettext_lazy("Changed who administers the installation"),
    Code.PERSON_FACTORS_FORGOTTEN: gettext_lazy("Had a person’s second factors forgotten"),
    Code.SIGNED_IN: gettext_lazy("Signed in"),
    Code.SIGNIN_FAILED: gettext_lazy("Failed to sign in"),
    Code.PASSWORD_CHANGED: gettext_lazy("Changed the password"),
    Code.FACTOR_ADDED: gettext_lazy("Added a second factor"),
    Code.FACTOR_REMOVED: gettext_lazy("Removed a second factor"),
    Code.RECOVERY_CODES_MADE: gettext_lazy("Made recovery codes"),
    Code.SESSIONS_ENDED: gettext_lazy("Ended sessions"),
}
GROUPS: dict[str, Promise] = {
    "power": gettext_lazy("Power"),
    "login": gettext_lazy("Default login"),
    "console": gettext_lazy("Console"),
    "machine": gettext_lazy("Machines"),
    "token": gettext_lazy("Tokens"),
    "share": gettext_lazy("Shares"),
    "team": gettext_lazy("Teams"),
    "invitation": gettext_lazy("Invitations"),
    "member": gettext_lazy("Members"),
    "wall": gettext_lazy("Wall links"),
    "person": gettext_lazy("People"),
    "signin": gettext_lazy("Signing in"),
}
_ANSWERS = frozenset({Code.POWER_ANSWERED, Code.LOGIN_REVEALED, Code.LOGIN_CLEARED, Code.CONSOLE_OPENED})
_LOGINS = frozenset({Code.LOGIN_REVEALED, Code.LOGIN_CLEARED})
# Each outcome: in words, its tone, and the kinds of line that have it.
OUTCOMES: dict[str, tuple[Promise, str, frozenset[Code]]] = {
    "succeeded": (gettext_lazy("Succeeded"), "ok", _ANSWERS),
    "failed": (gettext_lazy("Failed"), "bad", _ANSWERS | {Code.SIGNIN_FAILED}),
    "unknown": (gettext_lazy("Unknown"), "late", frozenset({Code.POWER_ANSWERED, Code.LOGIN_CLEARED})),
    "gone": (gettext_lazy("No longer there"), "off", _LOGINS),
    "closed": (gettext_lazy("Closed"), "off", frozenset({Code.CONSOLE_CLOSED})),
    "last_seen": (gettext_lazy("Not heard of since"), "late", frozenset({Code.CONSOLE_CLOSED})),
    "given": (gettext_lazy("Given"), "off", frozenset({Code.PERSON_ADMIN})),
    "taken": (gettext_lazy("Taken"), "off", frozenset({Code.PERSON_ADMIN})),
}
NOTES: dict[str, Promise] = {
    "reason": gettext_lazy("reason: %(value)s"),
    "seconds": gettext_lazy("for %(value)s s"),
    "expected": gettext_lazy("expected: %(value)s"),
    "added": gettext_lazy("added: %(value)s"),
    "removed": gettext_lazy("removed: %(value)s"),
    "letters": gettext_lazy("letters: %(value)s"),
    "keeper": gettext_lazy("now: %(value)s"),
    "who": gettext_lazy("person: %(value)s"),
    "role": gettext_lazy("role: %(value)s"),
    "before": gettext_lazy("before: %(value)s"),
    "name": gettext_lazy("name: %(value)s"),
    "wall": gettext_lazy("wall: %(value)s"),
    "email": gettext_lazy("e-mail: %(value)s"),
    "days": gettext_lazy("good for %(value)s d"),
    "project": gettext_lazy("project: %(value)s"),
    "sessions": gettext_lazy("sessions ended: %(value)s"),
    "shares": gettext_lazy("shares withdrawn: %(value)s"),
    "method": gettext_lazy("by: %(value)s"),
    "how": gettext_lazy("by: %(value)s"),
    "address": gettext_lazy("from %(value)s"),
    "invited_by": gettext_lazy("invited by: %(value)s"),
    "members": gettext_lazy("members: %(value)s"),
    "projects": gettext_lazy("projects: %(value)s"),
    "factors": gettext_lazy("factors: %(value)s"),
}
KNOWN = frozenset(code.value for code in Code)


def what(line: AuditEvent) -> str:
    """What was done. A code that this version does not know is told as it is."""
    if line.code not in KNOWN:
        return line.code
    return kind(Code(line.code), line.detail.get("command"))


def kind(code: Code, command: object = None) -> str:
    button = BUTTONS.get(str(command), gettext_lazy("a power button"))
    return str(KINDS[code]) % {"button": button}


def notes(line: AuditEvent) -> Iterator[str]:
    """What else there is to know of it."""
    for name, value in line.detail.items():
        if name in NOTES and value not in ("", None):
            shown = str(value).replace("_", " ") if name in ("reason", "method", "how") else value
            yield str(NOTES[name]) % {"value": shown}


def who(line: AuditEvent) -> str:
    if line.person:
        return line.person
    return _("Somebody") if line.code == Code.SIGNIN_FAILED else _("The panel")


def outcome(line: AuditEvent) -> tuple[str, str]:
    """What came of it, and its tone; two empty texts where nothing had to."""
    if line.outcome not in OUTCOMES:
        return line.outcome, "off" if line.outcome else ""
    word, tone, _codes = OUTCOMES[line.outcome]
    return str(word), tone
