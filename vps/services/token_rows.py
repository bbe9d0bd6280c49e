"""One's tokens as the pages show them: what works and since when, and why not."""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps import access
from vps.models import Ability, Access, Token, TokenProject
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
    "not_asked": gettext_lazy("Not asked"),
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
    """`said` are the provider's words if they are `quoted`, else ours."""

    project: str
    how: str
    tone: str
    word: str
    said: str
    quoted: bool
    checked_at: datetime
    machines: int


@dataclass(frozen=True)
class TokenRow:
    """A token without its secret. `sentence` says why it is refused, "" if it is not; `expires_at` is what it says of
    itself, and `expired` whether that is over: a hint, for it may be good all the same."""

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
    expired: bool


def list_tokens(user: AbstractBaseUser) -> tuple[TokenRow, ...]:
    return _rows(Token.objects.filter(owner_id=user.pk))


def get_token(user: AbstractBaseUser, token_id: uuid.UUID) -> TokenRow:
    """Raises Http404 for anybody else's."""
    (row,) = _rows(Token.objects.filter(pk=access.get_token(user, token_id).pk))
    return row


def _rows(tokens: QuerySet[Token]) -> tuple[TokenRow, ...]:
    counted = Access.objects.filter(token__in=tokens.order_by()).values("token_id", "machine__project")
    numbers: dict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    for token_id, project, number in counted.values_list("token_id", "machine__project", Count("pk")):
        numbers[token_id][project] = number
    return tuple(_row(token, numbers[token.pk]) for token in tokens.prefetch_related("projects", "abilities"))


def _row(token: Token, numbers: Mapping[str, int]) -> TokenRow:
    """`numbers`: of the machines that it reads in each project."""
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
        expired=token.expires_at is not None and token.expires_at <= timezone.now(),
    )


def _sentence(token: Token) -> str:
    if not token.refused_at:
        return ""
    since = format_html(_("Refused since {}."), words.clock(token.refused_at))
    if not token.said:
        return since
    return format_html("{} {} {}", since, words.quoted(token.said), _("Replace it."))


def _state(token: Token, projects: tuple[ProjectRow, ...]) -> tuple[str, str]:
    if token.refused_at:
        return "bad", _("Refused")
    worst = next((row for row in projects if row.tone != "ok"), None)
    if worst is None:
        return "ok", _("Good")
    good = sum(row.tone == "ok" for row in projects)
    if not good:
        return worst.tone, worst.word
    return "late", _("%(good)d of %(n)d projects answer") % {"good": good, "n": len(projects)}


def _project(row: TokenProject, machines: int) -> ProjectRow:
    word, tone = HOWS[row.how]
    if row.problem and row.how != How.HAND:
        word, tone = PROBLEMS.get(row.problem, gettext_lazy("Unreadable answer")), "bad"
    # where machines are named by hand, the refused listing is no news
    said = "" if row.how == How.HAND else row.said
    return ProjectRow(
        row.project, row.how, tone, str(word), said, bool(row.problem), row.checked_at, machines
    )


def _abilities(token: Token) -> tuple[AbilityRow, ...]:
    known = {row.operation: row for row in token.abilities.all()}
    return tuple(_ability(str(word), known.get(operation)) for operation, word in OPERATIONS.items())


def _ability(word: str, row: Ability | None) -> AbilityRow:
    if row is None:
        return AbilityRow(word, "untried", _("Not tried"), None, "")
    state, label = ("allowed", _("Allowed")) if row.allowed else ("refused", _("Refused"))
    return AbilityRow(word, state, label, row.since, row.said)
