"""Does what a bulk was confirmed for, a few machines at a time: each press is a power action of its own."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Least
from django.http import Http404
from django.utils import timezone

from vps.access import visible_machines
from vps.models import Bulk, BulkItem, PowerAction
from vps.provider import errors
from vps.services.bulk import get_bulk, judge
from vps.services.power import NameNeeded, Press, press_button, press_of

logger = logging.getLogger(__name__)

BATCH = 8
# A press takes some seconds; an item that was taken longer ago than this was left behind by a process that died.
LEFT_BEHIND = timedelta(seconds=60)
PAUSE = timedelta(seconds=60)
# What ails the provider, the way to it or the token, and not the one machine.
AILS_ALL = {errors.Unreachable.code, errors.OutcomeUnknown.code, errors.TokenRefused.code}

# Why a press is refused to a person, of the words of `bulk.judge`.
DENIED = ("not_yours", "look_only", "protected")

Item = BulkItem.State


def press_next(user: AbstractBaseUser, bulk_id: UUID) -> None:
    """Presses the buttons of the next machines, at most 8 at the same time, and waits for the provider's answers.

    Does nothing before the confirmation, after “Stop the rest”, and during a pause; whoever else drives the same bulk
    takes other machines. Raises Http404 for anybody else's bulk.
    """
    bulk, now = get_bulk(user, bulk_id), timezone.now()
    items = take_next(bulk, now)
    if items:
        with ThreadPoolExecutor(len(items)) as threads:
            presses = list(threads.map(partial(_press, user, bulk), items))
        _keep_pace(bulk, [press.action for press in presses if press and press.mine])


@transaction.atomic
def take_next(bulk: Bulk, now: datetime) -> list[BulkItem]:
    """The next waiting items, which nobody else takes then; together with those under way they keep to the pace.

    Whoever takes, stops or confirms does so one after the other: the row of the bulk is locked meanwhile.
    """
    bulk = Bulk.objects.select_for_update().get(pk=bulk.pk)
    if bulk.confirmed_at is None:
        return []
    _settle_left_behind(bulk, now)
    if bulk.stopped_at or (bulk.paused_until and bulk.paused_until > now):
        return []
    under_way = bulk.items.filter(state=Item.TAKEN).count()
    waiting = bulk.items.filter(state=Item.WAITING).select_related("machine")
    items = list(waiting[: max(0, bulk.pace - under_way)])
    for item in items:
        item.state, item.taken_at = Item.TAKEN, now
    BulkItem.objects.bulk_update(items, ["state", "taken_at"])
    return items


def _press(user: AbstractBaseUser, bulk: Bulk, item: BulkItem) -> Press | None:
    """In a thread of its own, whose database connection ends with it. What goes wrong leaves the item taken, to be
    settled later, and the others alone."""
    try:
        return _press_one(user, bulk, item) if _still_mine(item) else None
    except Exception:
        logger.exception("an item of the bulk %s ended in an unknown way", bulk.pk)
        return None
    finally:
        connection.close()


def _still_mine(item: BulkItem) -> bool:
    """False if this process stood still for so long that the item was settled by another one."""
    now = timezone.now()
    mine = BulkItem.objects.filter(pk=item.pk, state=Item.TAKEN, taken_at=item.taken_at)
    return bool(mine.filter(taken_at__gt=now - LEFT_BEHIND).update(taken_at=now))


def _press_one(user: AbstractBaseUser, bulk: Bulk, item: BulkItem) -> Press | None:
    """Once, whoever tries again: the nonce is the bulk's."""
    machine = item.machine
    command = PowerAction.Command(bulk.command)
    try:
        press = press_button(user, machine.project, machine.product, command, str(bulk.pk))
    except Http404:
        _settle(item, state=Item.LEFT_OUT, reason="not_yours")
    except NameNeeded:
        _settle(item, state=Item.LEFT_OUT, reason="protected")
    except PermissionDenied:
        _settle(item, state=Item.LEFT_OUT, reason=_why_denied(user, item))
    else:
        _settle(item, **_outcome(bulk, press.action, conflict=press.conflict))
        return press
    return None


def _why_denied(user: AbstractBaseUser, item: BulkItem) -> str:
    """The rights may have changed since the machine was chosen."""
    seen = visible_machines(user).select_related("status__last_action")
    machine = seen.filter(pk=item.machine_id).first()
    reason = judge(item.bulk.command, machine, timezone.now()) if machine else "not_yours"
    return reason if reason in DENIED else "no_token"


def _outcome(bulk: Bulk, action: PowerAction, *, conflict: bool) -> dict[str, Any]:
    """This bulk's own action, or the one that stood in its way."""
    if action.nonce == press_of(bulk.command, str(bulk.pk)):
        return {"state": Item.PRESSED, "action": action}
    reason = "under_way" if conflict else "asked_before"
    return {"state": Item.LEFT_OUT, "reason": reason, "action": action}


def _settle(item: BulkItem, **fields: Any) -> None:
    """Once; but what was pressed was pressed, whatever somebody else thought meanwhile."""
    unsettled = {} if fields["state"] == Item.PRESSED else {"state": Item.TAKEN}
    BulkItem.objects.filter(pk=item.pk, **unsettled).update(**fields)


def _settle_left_behind(bulk: Bulk, now: datetime) -> None:
    """Items of a process that died: what it has asked for is known by the action's row, and nothing else was sent.

    Only while `bulk` is locked, so that nobody stops it meanwhile.
    """
    nonce = press_of(bulk.command, str(bulk.pk))
    for item in bulk.items.filter(state=Item.TAKEN, taken_at__lt=now - LEFT_BEHIND):
        action = PowerAction.objects.filter(machine=item.machine_id, nonce=nonce).first()
        if action:
            _settle(item, state=Item.PRESSED, action=action)
        elif bulk.stopped_at:
            _settle(item, state=Item.LEFT_OUT, reason="stopped_rest")
        else:
            _settle(item, state=Item.WAITING)


def _keep_pace(bulk: Bulk, actions: list[PowerAction]) -> None:
    """Where the provider wants fewer calls, or answers none of these machines, the rest waits for a minute and then
    begins with one; each time that goes well with twice as many."""
    codes = [action.reason.partition(".")[0] for action in actions]
    rows = Bulk.objects.filter(pk=bulk.pk)
    if errors.RateLimited.code in codes:
        rows.update(pace=1, paused_until=timezone.now() + PAUSE, paused_for=errors.RateLimited.code)
    elif codes and AILS_ALL.issuperset(codes):
        rows.update(pace=1, paused_until=timezone.now() + PAUSE, paused_for=codes[0])
    elif codes:
        rows.update(pace=Least(F("pace") * 2, BATCH))
