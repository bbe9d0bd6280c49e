"""One command for many machines: chosen, judged, shown to the person and confirmed once. services.bulk_run does it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from vps.access import visible_machines
from vps.models import Bulk, BulkItem, Machine, PowerAction, Role, Status
from vps.services.actions import under_way
from vps.services.board import View, find_machines
from vps.services.power import sweep_actions
from vps.services.pulse import on_time
from vps.services.watching import end_old_watches

MOST = 500
KEPT = timedelta(days=30)
ASKED = timedelta(days=1)  # a bulk that nobody confirmed is kept so long

Command, Item = PowerAction.Command, BulkItem.State
# Force stop is not in here: it is never done to many at once.
COMMANDS = (Command.START, Command.REBOOT, Command.STOP)
# What a machine already is where the command makes no sense.
SENSELESS = {Command.START: "running", Command.REBOOT: "stopped", Command.STOP: "stopped"}


class NothingChosen(Exception):
    """No machine was selected, or none matches."""


class TooMany(Exception):
    """More than MOST machines; `n` is how many."""

    def __init__(self, n: int) -> None:
        super().__init__(n)
        self.n = n


@dataclass(frozen=True)
class Judged:
    """An item with its machine as the bulk's person may see it, None if they no longer may; and why it is or would be
    left out now, in a short word, "" if it is not. `action`: the one that stands in its way."""

    item: BulkItem
    machine: Machine | None
    reason: str
    action: PowerAction | None


def choose_machines(user: AbstractBaseUser, ids: Sequence[str]) -> QuerySet[Machine]:
    """The machines with these ids that this person may know of; others are as if they were not there.

    Raises NothingChosen where no id is given, Http404 where none of them is a machine of theirs.
    """
    if not ids:
        raise NothingChosen
    numbers = {int(typed) for typed in ids if typed.isascii() and typed.isdecimal() and len(typed) < 19}
    machines = visible_machines(user).filter(pk__in=numbers).order_by("name", "pk")
    if not machines.exists():
        raise Http404(_("There is no such machine, or none that you may see."))
    return machines


def choose_all(user: AbstractBaseUser, view: View) -> QuerySet[Machine]:
    """The machines that a search or filter of the board shows, on however many pages. Raises NothingChosen."""
    machines = find_machines(user, view)
    if not machines.exists():
        raise NothingChosen
    return machines


@transaction.atomic
def make_bulk(user: AbstractBaseUser, command: str, machines: QuerySet[Machine]) -> Bulk:
    """Writes down what the command would be done to, and what is left out and why; sends nothing. Raises TooMany."""
    now = timezone.now()
    _tidy(user, now)
    chosen = list(machines.select_related("status__last_action")[: MOST + 1])
    if len(chosen) > MOST:
        raise TooMany(machines.count())
    bulk = Bulk.objects.create(person_id=user.pk, command=Command(command), made_at=now)
    items = [BulkItem(bulk=bulk, machine=machine, place=place) for place, machine in enumerate(chosen)]
    for item, machine in zip(items, chosen, strict=True):
        item.reason = judge(command, machine, now)
        item.action = _in_the_way(machine, item.reason)
        item.state = Item.LEFT_OUT if item.reason else Item.WAITING
    BulkItem.objects.bulk_create(items)
    return bulk


def _tidy(user: AbstractBaseUser, now: datetime) -> None:
    """Actions and watches that nobody ends any more leave no machine out; old bulks go."""
    sweep_actions(now)
    end_old_watches(now)
    old = Q(confirmed_at=None, made_at__lt=now - ASKED) | Q(made_at__lt=now - KEPT)
    Bulk.objects.filter(old, person_id=user.pk).delete()


def get_bulk(user: AbstractBaseUser, bulk_id: UUID) -> Bulk:
    """One's own. Raises Http404 for anybody else's."""
    return get_object_or_404(Bulk.objects.filter(person_id=user.pk), pk=bulk_id)


def judge(command: str, machine: Machine, now: datetime) -> str:
    """Why one of `access.visible_machines` is left out, in a short word; "" if it is not.

    A state that is not known now leaves nothing out.
    """
    row: Status = machine.status
    if row.problem == Status.Problem.GONE:
        return "gone"
    if not getattr(machine, "granted"):  # noqa: B009  # an annotation of the query
        return "no_token"
    if getattr(machine, "right") < Role.OPERATOR:  # noqa: B009  # an annotation of the query
        return "look_only"
    if machine.protected:
        return "protected"
    if under_way(row.last_action):
        return "under_way"
    return row.word if is_known(row, now) and row.word == SENSELESS[Command(command)] else ""


def is_known(row: Status, now: datetime) -> bool:
    """Whether what was last heard is what the machine does now, as far as anybody can tell."""
    return row.heard_at is not None and not row.problem and on_time(row, now)


def judge_items(user: AbstractBaseUser, bulk: Bulk, now: datetime) -> list[Judged]:
    """All items in their places. What was left out once stays so: nothing is ever added to what was shown."""
    ids = bulk.items.values("machine")
    seen = visible_machines(user).filter(pk__in=ids).select_related("status__last_action").in_bulk()
    items = bulk.items.select_related("action")
    return [_judged(bulk, item, seen.get(item.machine_id), now) for item in items]


def _judged(bulk: Bulk, item: BulkItem, machine: Machine | None, now: datetime) -> Judged:
    if item.reason or item.state != Item.WAITING:
        return Judged(item, machine, item.reason, item.action)
    reason = judge(bulk.command, machine, now) if machine else "not_yours"
    return Judged(item, machine, reason, _in_the_way(machine, reason))


def _in_the_way(machine: Machine | None, reason: str) -> PowerAction | None:
    return machine.status.last_action if machine and reason == "under_way" else None


@transaction.atomic
def confirm_bulk(user: AbstractBaseUser, bulk_id: UUID) -> None:
    """From now on it may be pressed. What has become senseless since it was made is left out, too.

    Once: a second confirmation changes nothing. Raises Http404.
    """
    bulk, now = get_bulk(user, bulk_id), timezone.now()
    if not Bulk.objects.filter(pk=bulk.pk, confirmed_at=None).update(confirmed_at=now):
        return
    for one in judge_items(user, bulk, now):
        if one.reason:
            waiting = BulkItem.objects.filter(pk=one.item.pk, state=Item.WAITING)
            waiting.update(state=Item.LEFT_OUT, reason=one.reason, action=one.action)


@transaction.atomic
def stop_bulk(user: AbstractBaseUser, bulk_id: UUID) -> None:
    """Leaves out what is still waiting; what was taken goes on. Raises Http404."""
    bulk = get_bulk(user, bulk_id)
    Bulk.objects.filter(pk=bulk.pk, stopped_at=None).update(stopped_at=timezone.now())
    bulk.items.filter(state=Item.WAITING).update(state=Item.LEFT_OUT, reason="stopped_rest")
