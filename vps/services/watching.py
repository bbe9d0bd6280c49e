"""What a machine does after a power action was sent: watched closely, until it is seen in the wanted state."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Least

from vps.models import PowerAction, Revision, Status
from vps.provider.replies import Status as Reply
from vps.services.clocks import BEGUN_AHEAD
from vps.services.figures import UPTIME_JITTER

WATCH_SECONDS = 90
# A watch that no check ends, because none is made any more, is over this long after its time.
GRACE_SECONDS = 30
# Uptime is told in whole seconds, cut off.
SECOND = timedelta(seconds=1)

Command, State, Observed = PowerAction.Command, PowerAction.State, PowerAction.Observed
WANTED = {
    Command.START: "running",
    Command.REBOOT: "running",
    Command.STOP: "stopped",
    Command.KILL: "stopped",
}


@dataclass(frozen=True)
class Check:
    """One check of a machine: when it was asked for, when it was answered, and with what, if with anything."""

    machine_id: int
    asked: datetime
    at: datetime
    reply: Reply | None


def machines_in_motion() -> set[int]:
    """The machines that are watched now: asked every 2 s."""
    watched = PowerAction.objects.filter(observed=Observed.WATCHING).exclude(state=State.REQUESTED)
    return set(watched.values_list("machine_id", flat=True))


def observe(checks: Iterable[Check]) -> set[int]:
    """Ends the watches that these checks end. Returns the machines whose watch ended. Inside the transaction that
    writes the checks."""
    by_machine = {check.machine_id: check for check in checks}
    watched = PowerAction.objects.filter(observed=Observed.WATCHING, machine__in=by_machine)
    ended: set[int] = set()
    for action in watched.exclude(state=State.REQUESTED):
        check = by_machine[action.machine_id]
        if observed := judge(action, check):
            row = PowerAction.objects.filter(pk=action.pk, observed=Observed.WATCHING)
            row.update(observed=observed, observed_at=check.at)
            ended.add(action.machine_id)
    return ended


def judge(action: PowerAction, check: Check) -> str:
    """How this check ends the watch of this action; "" if it does not."""
    if action.sent_at is None or action.watch_until is None:
        return ""
    if check.reply is not None and _reached(action, action.sent_at, check, check.reply):
        return Observed.REACHED
    if check.at <= action.watch_until or check.reply is None:
        return ""  # a check that failed tells nothing: the next may, until `end_old_watches`
    differs = _differs(action, action.sent_at, check, check.reply)
    return Observed.NOT_REACHED if differs else Observed.NOT_SEEN


def _reached(action: PowerAction, sent_at: datetime, check: Check, reply: Reply) -> bool:
    """Only by a check that was asked for after the action: an older one may tell what was before, however late it is
    answered. After the provider's answer, if it accepted; after the sending, if nobody knows when it did what."""
    accepted = action.state == State.SUCCEEDED and action.answered_at
    if reply.status != WANTED[Command(action.command)] or check.asked <= (accepted or sent_at):
        return False
    return action.command != Command.REBOOT or _is_younger(action, sent_at, check, reply)


def _is_younger(action: PowerAction, sent_at: datetime, check: Check, reply: Reply) -> bool:
    """Whether the machine surely booted after the action was sent, or perhaps, but surely later than was known."""
    uptime, before = timedelta(seconds=reply.uptime), action.booted_before
    earliest, latest = check.asked - uptime - SECOND, check.at - uptime
    # the boot that was known may be so much younger than it was taken for
    known_older = before is not None and earliest > before + UPTIME_JITTER
    return earliest >= sent_at or (known_older and latest >= sent_at)


def _differs(action: PowerAction, sent_at: datetime, check: Check, reply: Reply) -> bool:
    """Whether the machine is surely in another state: in another word, or running since before the action."""
    if reply.status != WANTED[Command(action.command)]:
        return True
    return action.command == Command.REBOOT and check.at - timedelta(seconds=reply.uptime) < sent_at


def end_old_watches(now: datetime, machine_id: int | None = None) -> int:
    """Those that no check has ended in time, because there was none: the state was not seen. Returns how many. One
    that would last for hours was begun by a clock that was wrong, and no check can be compared with its moments.

    By the collector for all machines, and before a new action for its own, as the collector may be dead.
    """
    over = PowerAction.objects.filter(
        Q(watch_until__lt=now - timedelta(seconds=GRACE_SECONDS)) | Q(watch_until__gt=now + BEGUN_AHEAD),
        observed=Observed.WATCHING,
    ).exclude(state__in=[State.REQUESTED, State.SENT])
    if machine_id is not None:
        over = over.filter(machine=machine_id)
    return _end_unseen(over.values_list("pk", "machine_id"), now)


def _end_unseen(watches: Iterable[tuple[int, int]], now: datetime) -> int:
    found = list(watches)
    if not found:
        return 0
    with transaction.atomic():
        revision = Revision.take()
        rows = PowerAction.objects.filter(pk__in=[pk for pk, _machine in found], observed=Observed.WATCHING)
        ended = rows.update(observed=Observed.NOT_SEEN, observed_at=Least(F("watch_until"), now))
        machines = [machine for _pk, machine in found]
        Status.objects.filter(machine__in=machines).update(revision=revision)
    return ended
