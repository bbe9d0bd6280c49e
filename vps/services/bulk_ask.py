"""The one question before a bulk: what will be done to which machines, what is left out and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from vps.models import Bulk, ConsoleSession, Machine
from vps.services import bulk_words as words
from vps.services.board import collector_late
from vps.services.bulk import Judged, is_known, judge_items
from vps.services.cards import Card, show_card
from vps.services.console import SILENCE


@dataclass(frozen=True)
class Asked:
    """A machine that would be asked, and what to think of before."""

    card: Card
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class LeftOut:
    """`card` is None where this person may no longer see the machine."""

    card: Card | None
    why: SafeString


@dataclass(frozen=True)
class Question:
    id: UUID
    deed: str
    consequence: str
    asked: tuple[Asked, ...]
    left_out: tuple[LeftOut, ...]
    unsure: str

    @property
    def warned(self) -> bool:
        return any(each.warnings for each in self.asked)


def ask(user: AbstractBaseUser, bulk: Bulk) -> Question:
    """What is shown before anything is sent. Reads the database only."""
    now = timezone.now()
    late = collector_late(user, now)
    judged = judge_items(user, bulk, now)
    inside = _inside(user, [one.item.machine_id for one in judged], now)
    wanted = [one.machine for one in judged if one.machine and not one.reason]
    unsure = [not is_known(machine.status, now) for machine in wanted].count(True)
    return Question(
        id=bulk.pk,
        deed=words.deed(bulk.command, len(wanted)),
        consequence=str(words.CONSEQUENCES[bulk.command]),
        asked=tuple(_asked(machine, inside.get(machine.pk, []), late, now) for machine in wanted),
        left_out=tuple(_left_out(one, late) for one in judged if one.reason),
        unsure=words.unsure_sentence(unsure) if unsure else "",
    )


def _inside(user: AbstractBaseUser, machines: Iterable[int], now: datetime) -> dict[int, list[str]]:
    """Who else is in the consoles of these machines."""
    sessions = ConsoleSession.objects.filter(machine__in=machines, ended="", seen_at__gt=now - SILENCE)
    found: dict[int, list[str]] = {}
    others = sessions.exclude(person=user.pk).order_by("person_name")
    for machine_id, name in others.values_list("machine_id", "person_name").distinct():
        found.setdefault(machine_id, []).append(name)
    return found


def _asked(machine: Machine, inside: list[str], late: bool, now: datetime) -> Asked:
    warnings = []
    if not is_known(machine.status, now):
        warnings.append(_("What it does now is not known."))
    if inside:
        warnings.append(words.in_console(inside))
    return Asked(show_card(machine, late), tuple(warnings))


def _left_out(one: Judged, late: bool) -> LeftOut:
    card = show_card(one.machine, late) if one.machine else None
    return LeftOut(card, words.why_left_out(one.reason, one.action, one.machine))
