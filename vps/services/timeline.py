"""What happened to a machine, and through which tokens a person sees it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps.access import visible_accesses
from vps.models import Access, Machine, PowerAction, Reboot, Share, StateChange, Status, Token
from vps.services import words
from vps.services.action_story import outcome_word, story
from vps.services.action_words import BUTTONS
from vps.services.cards import KNOWN, state_of, word_and_tone
from vps.services.times import duration
from vps.services.words import clock

EVENTS = 50
FIRST = 10  # of them that are seen at once
REBOOTED = gettext_lazy("Rebooted by itself or from elsewhere")


@dataclass(frozen=True)
class Event:
    """A line of the timeline: from `at` on the machine was in this state; or somebody (`person`) pressed a button
    (`word`), and `outcome` is what became of it. `new_day`: the event before it, which is the later one, was on another
    day of UTC."""

    at: datetime
    tone: str
    state: str
    word: str
    sentence: SafeString
    person: str = ""
    outcome: str = ""
    new_day: bool = False


@dataclass(frozen=True)
class Seer:
    """A token that shows this person the machine. `refused`: it does no longer. Of another's, `token_id` is None, and
    `name` the team that it is shared with: nothing else of it is told."""

    token_id: UUID | None
    refused: bool
    name: str
    owner: str
    tone: str
    word: str
    said: str
    proved_at: datetime | None


def timeline(user: AbstractBaseUser, machine: Machine, until: datetime) -> tuple[Event, ...]:
    """The latest 50 changes and power actions up to that moment, newest first; with the provider's words where they
    were said to a token of this person's."""
    events = [*_changes(user, machine, until), *_actions(user, machine, until), *_reboots(machine, until)]
    events.sort(key=lambda event: event.at, reverse=True)
    later: list[Event | None] = [None, *events]
    days = (after is None or _day(after) != _day(event) for event, after in zip(events, later, strict=False))
    headed = (replace(event, new_day=new_day) for event, new_day in zip(events, days, strict=True))
    return tuple(headed)[:EVENTS]


def _changes(user: AbstractBaseUser, machine: Machine, until: datetime) -> Iterator[Event]:
    own = set(Token.objects.filter(owner_id=user.pk).values_list("pk", flat=True))
    changes = list(
        StateChange.objects.filter(machine=machine, at__lte=until).order_by("-at", "-pk")[: EVENTS + 1]
    )
    earlier: list[StateChange | None] = [*changes[1:], None]
    for change, before in list(zip(changes, earlier, strict=False))[:EVENTS]:
        state, word, tone = called(change)
        said = change.said if change.said_to in own else ""
        yield Event(change.at, tone, state, word, _sentence(change, before, said))


def _actions(user: AbstractBaseUser, machine: Machine, until: datetime) -> Iterator[Event]:
    """What was learnt of an action after that moment is left out."""
    own = set(Token.objects.filter(owner_id=user.pk).values_list("pk", flat=True))
    pressed = PowerAction.objects.filter(machine=machine, requested_at__lte=until)
    for action in pressed.order_by("-requested_at", "-pk")[:EVENTS]:
        if action.answered_at and action.answered_at > until:
            action.state, action.observed = PowerAction.State.SENT, PowerAction.Observed.NONE
        elif action.observed_at and action.observed_at > until:
            action.observed = PowerAction.Observed.NONE
        outcome, tone = outcome_word(action)
        yield Event(
            at=action.requested_at,
            tone=tone,
            state="",
            word=str(BUTTONS[action.command]),
            sentence=story(action, user, own),
            person=action.person_name,
            outcome=outcome,
        )


def _reboots(machine: Machine, until: datetime) -> Iterator[Event]:
    found = Reboot.objects.filter(machine=machine, found_at__lte=until).order_by("-found_at", "-pk")
    for reboot in found[:EVENTS]:
        moments = {"before": clock(reboot.heard_before), "boot": clock(reboot.booted_at)}
        sentence = _("Nobody pressed a button here. It went down after {before} and booted at {boot}.")
        yield Event(reboot.booted_at, "late", "slow", str(REBOOTED), format_html(sentence, **moments))


def _day(event: Event) -> date:
    return event.at.astimezone(UTC).date()


def called(change: StateChange) -> tuple[str, str, str]:
    """State, word and tone from then on."""
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
    _state, word, _tone = called(before)
    told = word if before.word not in KNOWN else word.lower()
    return _said(_("After %(span)s %(state)s.") % {"span": span, "state": told}, "")


def _said(sentence: str, said: str) -> SafeString:
    return format_html("{} {}", sentence, words.quoted(said)) if said else format_html("{}", sentence)


def seers(user: AbstractBaseUser, machine: Machine) -> tuple[Seer, ...]:
    rows = (
        Access.objects.filter(machine=machine, token__owner_id=user.pk).select_related("token").order_by("pk")
    )
    return tuple(_seer(row, user.get_username()) for row in rows) + tuple(_shared(user, machine))


def _shared(user: AbstractBaseUser, machine: Machine) -> Iterator[Seer]:
    ways = visible_accesses(user.pk).filter(machine=machine).exclude(token__owner_id=user.pk)
    opened = Share.objects.filter(
        token__accesses__in=ways, project=machine.project, team__members__person_id=user.pk
    )
    refused = {row.token_id: row.refused_at or row.token.refused_at for row in ways.select_related("token")}
    for share in opened.select_related("team", "token__owner").order_by("team__name", "pk"):
        gone = bool(refused.get(share.token_id))
        yield Seer(
            token_id=None,
            refused=gone,
            name=share.team.name,
            owner=share.token.owner.get_username(),
            tone="bad" if gone else "ok",
            word=_("Refused") if gone else _("Good"),
            said="",
            proved_at=None,
        )


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
