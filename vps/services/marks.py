"""What happened to a machine, as marks on the strip of its charts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from vps.models import Machine, PowerAction, Reboot, StateChange
from vps.services.action_words import BUTTONS
from vps.services.timeline import REBOOTED, called
from vps.services.times import say

MARKS = 200  # of each kind


@dataclass(frozen=True)
class Mark:
    """Something that happened: `kind` is action, reboot or change; the place in per cent of the span."""

    kind: str
    x: str
    told: str


def marks_of(machine: Machine, start: datetime, now: datetime, until: datetime) -> tuple[Mark, ...]:
    """The newest of each kind from `start` on, in order of time, one of a kind at a place; nothing that was found out
    after `until`."""
    span = (now - start).total_seconds()
    happened = [
        *_actions(machine, start, until),
        *_changes(machine, start, until),
        *_reboots(machine, start, until),
    ]
    marks: dict[tuple[str, str], Mark] = {}
    for at, kind, told in sorted(happened, key=lambda each: each[0]):
        x = f"{(at - start).total_seconds() / span:.1%}"
        marks[kind, x] = Mark(kind, x, f"{told}, {say(at, 'dayclock')}")
    return tuple(marks.values())


def _actions(machine: Machine, start: datetime, until: datetime) -> Iterator[tuple[datetime, str, str]]:
    rows = PowerAction.objects.filter(machine=machine, requested_at__gt=start, requested_at__lte=until)
    for action in rows.order_by("-requested_at")[:MARKS]:
        told = {"person": action.person_name, "button": BUTTONS[action.command]}
        yield action.requested_at, "action", _("%(person)s pressed %(button)s") % told


def _changes(machine: Machine, start: datetime, until: datetime) -> Iterator[tuple[datetime, str, str]]:
    rows = StateChange.objects.filter(machine=machine, at__gt=start, at__lte=until)
    for change in rows.order_by("-at")[:MARKS]:
        yield change.at, "change", called(change)[1]


def _reboots(machine: Machine, start: datetime, until: datetime) -> Iterator[tuple[datetime, str, str]]:
    rows = Reboot.objects.filter(machine=machine, booted_at__gt=start, found_at__lte=until)
    for reboot in rows.order_by("-found_at")[:MARKS]:
        yield reboot.booted_at, "reboot", str(REBOOTED)
