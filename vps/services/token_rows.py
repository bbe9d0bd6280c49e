"""One's tokens as the pages show them: what works and since when, and why not."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps import access
from vps.models import Ability, Token, TokenProject
from vps.services import words

How = TokenProject.How
OPERATIONS: dict[str, Promise] = {
    Ability.Operation.READ: gettext_lazy("Read"),
    Ability.Operation.POWER: gettext_lazy("Power"),
    Ability.Operation.CONSOLE: gettext_lazy("Console"),
}
HOWS: dict[str, tuple[Promise, str]] = {
    How.LISTED: (gettext_lazy("Listed"), "ok"),
    How.HAND: (gettext_lazy("Machines named by hand"), "ok"),
    How.REFUSED: (gettext_lazy("Refused"), "bad"),
}
PROBLEMS: dict[str, Promise] = {
    "token_refused": gettext_lazy("Refused"),
    "not_allowed": gettext_lazy("The listing is refused"),
    "not_found": gettext_lazy("The listing is refused"),
    "rate_limited": gettext_lazy("Rate limited"),
    "unreachable": gettext_lazy("Not reached"),
}


@dataclass(frozen=True)
class AbilityRow:
    """`state`: "allowed", "refused" or "untried"."""

    word: str
    state: str
    label: str
    since: datetime | None
    said: str


@dataclass(frozen=True)
class ProjectRow:
    project: str
    how: str
    tone: str
    word: str
    said: str
    checked_at: datetime
    machines: int


@dataclass(frozen=True)
class TokenRow:
    """A token without its secret. `sentence` says why it is refused, "" if it is not; `expires_at` is what it says of
    itself."""

    id: uuid.UUID
    name: str
    tone: str
    word: str
    said: str
    sentence: str
    refused_at: datetime | None
    projects: tuple[ProjectRow, ...]
    abilities: tuple[AbilityRow, ...]
    machines: int
    added_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


def list_tokens(user: AbstractBaseUser) -> tuple[TokenRow, ...]:
    tokens = Token.objects.filter(owner_id=user.pk).prefetch_related("projects", "abilities")
    return tuple(_row(token) for token in tokens)


def get_token(user: AbstractBaseUser, token_id: uuid.UUID) -> TokenRow:
    """Raises Http404 for anybody else's."""
    token = access.get_token(user, token_id)
    return next(row for row in list_tokens(user) if row.id == token.pk)


def _row(token: Token) -> TokenRow:
    numbers = dict(token.accesses.values_list("machine__project").annotate(Count("pk")))
    projects = tuple(_project(row, numbers.get(row.project, 0)) for row in token.projects.all())
    tone, word = _state(token, projects)
    return TokenRow(
        id=token.pk,
        name=token.name,
        tone=tone,
        word=word,
        said=token.said,
        sentence=_sentence(token),
        refused_at=token.refused_at,
        projects=projects,
        abilities=_abilities(token),
        machines=sum(numbers.values()),
        added_at=token.added_at,
        last_used_at=token.last_used_at,
        expires_at=token.expires_at,
    )


def _sentence(token: Token) -> str:
    if not token.refused_at:
        return ""
    since = format_html(_("Refused since {}."), words.clock(token.refused_at))
    return format_html("{} “{}” {}", since, token.said, _("Replace it.")) if token.said else since


def _state(token: Token, projects: tuple[ProjectRow, ...]) -> tuple[str, str]:
    if token.refused_at:
        return "bad", _("Refused")
    worst = next((row for row in projects if row.tone != "ok"), None)
    if worst is None:
        return "ok", _("Good")
    return ("late", worst.word) if any(row.tone == "ok" for row in projects) else (worst.tone, worst.word)


def _project(row: TokenProject, machines: int) -> ProjectRow:
    word, tone = HOWS[row.how]
    if row.problem and row.how != How.HAND:
        word, tone = PROBLEMS.get(row.problem, gettext_lazy("Unreadable answer")), "bad"
    return ProjectRow(row.project, row.how, tone, str(word), row.said, row.checked_at, machines)


def _abilities(token: Token) -> tuple[AbilityRow, ...]:
    known = {row.operation: row for row in token.abilities.all()}
    return tuple(_ability(str(word), known.get(operation)) for operation, word in OPERATIONS.items())


def _ability(word: str, row: Ability | None) -> AbilityRow:
    if row is None:
        return AbilityRow(word, "untried", _("Not tried"), None, "")
    state, label = ("allowed", _("Allowed")) if row.allowed else ("refused", _("Refused"))
    return AbilityRow(word, state, label, row.since, row.said)
