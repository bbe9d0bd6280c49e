"""What happened to a machine, and through which tokens a person sees it."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from vps.models import Access, Machine, StateChange, Status, Token
from vps.services import words
from vps.services.cards import state_of, word_and_tone

EVENTS = 50


@dataclass(frozen=True)
class Event:
    """A line of the timeline: from `at` on the machine was in this state."""

    at: datetime
    tone: str
    state: str
    word: str
    sentence: SafeString


@dataclass(frozen=True)
class Seer:
    """A token of this person that shows them the machine."""

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
    events = (
        _event(change, before, change.said_to in own)
        for change, before in zip(changes, earlier, strict=False)
    )
    return tuple(events)[:EVENTS]


def _event(change: StateChange, before: StateChange | None, told: bool) -> Event:
    row = Status(word=change.word, problem=change.problem, heard_at=change.at)
    state = state_of(row)
    word, tone = word_and_tone(state, row)
    return Event(change.at, tone, state, word, _sentence(change, before, change.said if told else ""))


def _sentence(change: StateChange, before: StateChange | None, said: str) -> SafeString:
    if change.problem == Status.Problem.UNREACHABLE:
        reason = words.reason_words(change.reason)
        return _said(_("The provider told nothing: %(reason)s.") % {"reason": reason}, said)
    if change.problem:
        return _said("", said)
    if before is None:
        return _said(_("First heard of."), "")
    if before.problem:
        return _said(_("The provider answers again. The figures of the time between are missing."), "")
    return SafeString("")


def _said(sentence: str, said: str) -> SafeString:
    if not said:
        return format_html("{}", sentence)
    return format_html("{} {}", sentence, _("It said: “%(said)s”.") % {"said": said})


def seers(user: AbstractBaseUser, machine: Machine) -> tuple[Seer, ...]:
    rows = (
        Access.objects.filter(machine=machine, token__owner_id=user.pk).select_related("token").order_by("pk")
    )
    return tuple(_seer(row, user.get_username()) for row in rows)


def _seer(row: Access, owner: str) -> Seer:
    refused = row.refused_at or row.token.refused_at
    return Seer(
        name=row.token.name,
        owner=owner,
        tone="bad" if refused else "ok",
        word=_("Refused") if refused else _("Good"),
        said=row.said or row.token.said,
        proved_at=row.proved_at,
    )
