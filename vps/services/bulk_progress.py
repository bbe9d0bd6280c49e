"""A bulk on its way, as its page shows it: how far each machine is, and what there is to do next."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from vps.access import visible_machines
from vps.models import Bulk, BulkItem, Machine, PowerAction
from vps.services import bulk_words as words
from vps.services.action_story import outcome_word, own_tokens, story
from vps.services.actions import OPEN, under_way
from vps.services.bulk_run import LEFT_BEHIND
from vps.services.cards import described
from vps.services.words import clock

# A page goes on by itself with a bulk that moved in that time; a tab that is opened again later waits to be told.
FRESH = timedelta(minutes=5)
TROUBLE = ("bad", "late")

Item, State, Observed = BulkItem.State, PowerAction.State, PowerAction.Observed
NOTHING = SafeString("")


@dataclass(frozen=True)
class Line:
    """How far one machine is. `machine` is None where this person may no longer see it."""

    id: int
    machine: Machine | None
    tone: str
    word: str
    note: SafeString


@dataclass(frozen=True)
class Progress:
    """`waiting`: some are left to ask, so that one may go on, or stop. `moving`: the page goes on by itself."""

    id: UUID
    deed: str
    lines: tuple[Line, ...]
    total: int
    done: int
    headline: SafeString
    told: str
    tone: str
    waiting: bool
    moving: bool


def show_progress(user: AbstractBaseUser, bulk: Bulk) -> Progress:
    """How far a confirmed bulk is. Reads the database only."""
    now = timezone.now()
    items = list(bulk.items.select_related("action"))
    became = Counter(_became(item, now) for item in items)
    left = became["waiting"] + became["asking"] + became["interrupted"]
    moving = _moving(bulk, items, left, now)
    wanted = [item for item in items if _was_wanted(item)]
    lines = _lines(user, bulk, items, now, settled=not moving)
    all_asked = all(item.state == Item.PRESSED for item in wanted)
    headline, tone = _headline(bulk, became, now, moving=moving, all_asked=all_asked)
    return Progress(
        id=bulk.pk,
        deed=words.deed(bulk.command, len(wanted)),
        lines=lines,
        total=len(wanted),
        done=sum(_was_asked(item) for item in wanted),
        headline=headline,
        told=words.what_became(bulk.command, became) if left or moving else "",
        tone=tone or next((bad for bad in TROUBLE if any(line.tone == bad for line in lines)), "ok"),
        waiting=bool(left),
        moving=moving,
    )


def _became(item: BulkItem, now: datetime) -> str:
    """What became of it, as bulk_words counts it."""
    action = item.action
    if _interrupted(item, now):
        return "interrupted"
    if item.state in (Item.WAITING, Item.LEFT_OUT):
        return item.state
    if item.state == Item.TAKEN or (action and action.state in OPEN):
        return "asking"
    if action is None or action.observed == Observed.REACHED:
        return "reached" if action else "unknown"
    if action.state == State.SUCCEEDED:
        return "accepted" if under_way(action) else "missed"
    return action.state


def _was_wanted(item: BulkItem) -> bool:
    """Whether it was confirmed, whatever came of it."""
    return item.state != Item.LEFT_OUT or item.taken_at is not None or item.reason == "stopped_rest"


def _was_asked(item: BulkItem) -> bool:
    """Whether its press came to an end, one way or another. Old actions are forgotten."""
    return item.state == Item.PRESSED and (item.action is None or item.action.state not in OPEN)


def _interrupted(item: BulkItem, now: datetime) -> bool:
    """Whether a process took it and died. Whoever goes on finds out what it did with it."""
    return item.state == Item.TAKEN and item.taken_at is not None and item.taken_at < now - LEFT_BEHIND


def _moving(bulk: Bulk, items: list[BulkItem], left: int, now: datetime) -> bool:
    if left:
        moved = [bulk.confirmed_at, bulk.paused_until, *(item.taken_at for item in items)]
        return any(at and at > now - FRESH for at in moved)
    return any(item.state == Item.PRESSED and under_way(item.action) for item in items)


def _paused(bulk: Bulk, now: datetime) -> bool:
    return bulk.paused_until is not None and bulk.paused_until > now


def _headline(
    bulk: Bulk, became: Counter[str], now: datetime, *, moving: bool, all_asked: bool
) -> tuple[SafeString, str]:
    if became["waiting"] and not moving:
        return format_html("{}", _("It stands still. Go on with the rest, or stop it.")), "late"
    if became["waiting"] and bulk.paused_until and _paused(bulk, now):
        return words.pause_sentence(bulk.paused_for, clock(bulk.paused_until)), "late"
    if became["waiting"] or became["asking"]:
        return format_html("{}", _("The provider is being asked, at most for 8 machines at a time.")), "busy"
    if became["interrupted"]:
        return format_html("{}", _("It was interrupted. Continue, to see what became of the rest.")), "late"
    if moving and all_asked:
        return format_html("{}", _("All were asked. What they do is watched for up to 90 s.")), "busy"
    if moving:
        return format_html("{}", _("Not all were asked. Those that were are watched for up to 90 s.")), "busy"
    return format_html("{}", words.end_sentence(bulk.command, became)), ""


def _lines(
    user: AbstractBaseUser, bulk: Bulk, items: list[BulkItem], now: datetime, *, settled: bool
) -> tuple[Line, ...]:
    """In their places while they move; then what went wrong comes first."""
    seen = visible_machines(user).filter(pk__in=bulk.items.values("machine")).in_bulk()
    own = own_tokens(user)
    lines = []
    for item in items:
        machine = seen.get(item.machine_id)
        tone, word, note = _told(user, item, machine, own, now)
        lines.append(Line(item.machine_id, described(machine) if machine else None, tone, word, note))
    return tuple(sorted(lines, key=lambda line: line.tone not in TROUBLE) if settled else lines)


def _told(
    user: AbstractBaseUser, item: BulkItem, machine: Machine | None, own: frozenset[UUID], now: datetime
) -> tuple[str, str, SafeString]:
    if _interrupted(item, now):
        return "late", _("Interrupted"), NOTHING
    if item.state == Item.WAITING:
        return "off", _("Waiting"), NOTHING
    if item.state == Item.LEFT_OUT:
        return "off", _("Left out"), words.why_left_out(item.reason, item.action, machine)
    if item.state == Item.TAKEN or item.action is None:
        return "busy", _("Being asked"), NOTHING
    word, tone = outcome_word(item.action)
    return tone or "ok", capfirst(word), story(item.action, user, own)
