"""What happened to a machine, and through which tokens a person sees it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from vps.models import Access, Machine, StateChange, Status, Token
from vps.services import words
from vps.services.cards import KNOWN, state_of, word_and_tone
from vps.services.times import duration

EVENTS = 50
FIRST = 10  # of them that are seen at once


@dataclass(frozen=True)
class Event:
    """A line of the timeline: from `at` on the machine was in this state. `new_day`: the event before it, which is
    the later one, was on another day of UTC."""

    at: datetime
    new_day: bool
    tone: str
    state: str
    word: str
    sentence: SafeString


@dataclass(frozen=True)
class Seer:
    """A token of this person that shows them the machine. `refused`: it does no longer."""

    token_id: UUID
    refused: bool
    name: str
    owner: str
    tone: str
    word: str
    said: str
    proved_at: datetime


def timeline(user: AbstractBaseUser, machine: Machine, until: datetime) -> tuple[Event, ...]:
    """The latest 50 changes up to that moment, newest first; with the provider's words where they were said to a
    token of this person's."""
    own = set(Token.objects.filter(owner_id=user.pk).values_list("pk", flat=True))
    changes = list(
        StateChange.objects.filter(machine=machine, at__lte=until).order_by("-at", "-pk")[: EVENTS + 1]
    )
    earlier: list[StateChange | None] = [*changes[1:], None]
    later: list[StateChange | None] = [None, *changes]
    events = (
        _event(change, before, after, change.said_to in own)
        for change, before, after in zip(changes, earlier, later, strict=False)
    )
    return tuple(events)[:EVENTS]


def _event(change: StateChange, before: StateChange | None, after: StateChange | None, told: bool) -> Event:
    state, word, tone = _called(change)
    new_day = after is None or _day(after) != _day(change)
    return Event(
        change.at, new_day, tone, state, word, _sentence(change, before, change.said if told else "")
    )


def _day(change: StateChange) -> date:
    return change.at.astimezone(UTC).date()


def _called(change: StateChange) -> tuple[str, str, str]:
    row = Status(word=change.word, problem=change.problem, heard_at=change.at)
    state = state_of(row)
    return state, *word_and_tone(state, row)


def _sentence(change: StateChange, before: StateChange | None, said: str) -> SafeString:
    if change.problem == Status.Problem.UNREACHABLE:
        reason = words.reason_words(change.reason)
        return _said(_("The provider told nothing: %(reason)s.") % {"reason": reason}, said)
    if change.problem:
        return _said("", said)
    if before is None:
        return _said(_("First heard of."), "")
    span = duration(change.at - before.at)
    if before.problem:
        again = _("The provider answers again, after %(span)s. The figures of the time between are missing.")
        return _said(again % {"span": span}, "")
    _state, word, _tone = _called(before)
    told = word if before.word not in KNOWN else word.lower()
    return _said(_("After %(span)s %(state)s.") % {"span": span, "state": told}, "")


def _said(sentence: str, said: str) -> SafeString:
    return format_html("{} {}", sentence, words.quoted(said)) if said else format_html("{}", sentence)


def seers(user: AbstractBaseUser, machine: Machine) -> tuple[Seer, ...]:
    rows = (
        Access.objects.filter(machine=machine, token__owner_id=user.pk).select_related("token").order_by("pk")
    )
    return tuple(_seer(row, user.get_username()) for row in rows)


def _seer(row: Access, owner: str) -> Seer:
    refused = row.refused_at or row.token.refused_at
    return Seer(
        token_id=row.token_id,
        refused=bool(refused),
        name=row.token.name,
        owner=owner,
        tone="bad" if refused else "ok",
        word=_("Refused") if refused else _("Good"),
        said=row.said or row.token.said,
        proved_at=row.proved_at,
    )
