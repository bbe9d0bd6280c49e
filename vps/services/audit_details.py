"""What an audit line may hold beside who, what, on what, and its outcome: closed lists, and never a secret."""

from collections.abc import Mapping

from vps.models import Code

LONGEST = 200  # letters of one detail; the rest is cut

# The names that `record` takes for each kind. In the README, under “Audit lines”, stands the same.
DETAILS: dict[Code, str] = {
    Code.POWER_REQUESTED: "command action",
    Code.POWER_ANSWERED: "command action reason",
    Code.LOGIN_REVEALED: "reason",
    Code.LOGIN_CLEAR_REQUESTED: "",
    Code.LOGIN_CLEARED: "reason",
    Code.CONSOLE_OPENED: "session again reason",
    Code.CONSOLE_CLOSED: "session seconds tickets reason",
    Code.MACHINE_PROTECTED: "",
    Code.MACHINE_UNPROTECTED: "",
    Code.MACHINE_EXPECTED: "expected before",
    Code.MACHINE_TAGGED: "added removed",
    Code.MACHINE_NOTED: "letters",
    Code.MACHINE_KEEPER: "keeper before",
    Code.TOKEN_ADDED: "project projects",
    Code.TOKEN_REPLACED: "project projects",
    Code.TOKEN_RENAMED: "before",
    Code.TOKEN_FORGOTTEN: "projects shares",
    Code.TOKEN_PROJECT_ADDED: "project",
    Code.TOKEN_PROJECT_REMOVED: "project shares",
    Code.SHARE_OPENED: "project",
    Code.SHARE_WITHDRAWN: "project reason",
    Code.TEAM_CREATED: "",
    Code.TEAM_RENAMED: "before",
    Code.TEAM_DELETED: "members shares",
    Code.INVITATION_MADE: "role email days",
    Code.INVITATION_WITHDRAWN: "role email",
    Code.INVITATION_ACCEPTED: "role invited_by",
    Code.MEMBER_ROLE: "who role before",
    Code.MEMBER_REMOVED: "who role shares",
    Code.MEMBER_LEFT: "who role shares",
    Code.WALL_MADE: "wall",
    Code.WALL_REVOKED: "wall",
    Code.PERSON_CREATED: "who",
    Code.PERSON_DISABLED: "who sessions shares",
    Code.PERSON_ENABLED: "who",
    Code.PERSON_LINK_MADE: "who days",
    Code.PERSON_ADMIN: "who",
    Code.PERSON_FACTORS_FORGOTTEN: "who factors sessions",
    Code.SIGNED_IN: "address method",
    Code.SIGNIN_FAILED: "address method",
    Code.PASSWORD_CHANGED: "how sessions",
    Code.FACTOR_ADDED: "method name",
    Code.FACTOR_REMOVED: "method name",
    Code.RECOVERY_CODES_MADE: "method",
    Code.SESSIONS_ENDED: "who sessions",
}


def checked(code: Code, detail: Mapping[str, str | int]) -> dict[str, str | int]:
    """The details as they are written. Raises ValueError for one that is not on the list."""
    unknown = sorted(set(detail) - set(DETAILS[code].split()))
    if unknown:
        raise ValueError(
            f"an audit line of {code.value} holds no {', '.join(unknown)}: add it to DETAILS in"
            " vps/services/audit_details.py and to “Audit lines” in the README, if it is no secret"
        )
    return {name: _short(value) for name, value in detail.items()}


def _short(value: str | int) -> str | int:
    return f"{value[: LONGEST - 1]}…" if isinstance(value, str) and len(value) > LONGEST else value
