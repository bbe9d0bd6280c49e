"""Reboots that nobody pressed here: a boot after the machine was last heard running, which no action explains."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from vps.models import PowerAction, Reboot, Status
from vps.provider.replies import Status as Reply
from vps.services.figures import UPTIME_JITTER

SECOND = timedelta(seconds=1)  # uptime is told in whole seconds
# A guest takes its time to shut down: a boot so long after a press is still the one that was asked for.
EXPLAINED = timedelta(minutes=10)

Command, State = PowerAction.Command, PowerAction.State


@dataclass(frozen=True)
class Boot:
    """A boot that was not known before. `known` is the one before it, and `heard_before` when the machine was last
    heard running on that."""

    machine_id: int
    known: datetime
    heard_before: datetime
    booted_at: datetime
    found_at: datetime


def new_boot(row: Status, reply: Reply, asked: datetime, at: datetime) -> Boot | None:
    """What this reply tells, if `row`, as it was before, knew a surely older boot.

    Neither the jitter of a call nor a guest's clock that drifts is a boot: that must not lie before the machine was
    heard of last.
    """
    if row.booted_at is None or row.heard_at is None or reply.status == "stopped":
        return None
    try:
        latest = at - timedelta(seconds=reply.uptime)
    except OverflowError:
        return None
    earliest = latest - (at - asked) - SECOND
    if earliest <= row.booted_at + UPTIME_JITTER or latest < row.heard_at - UPTIME_JITTER:
        return None
    return Boot(row.machine_id, row.booted_at, min(row.heard_at, latest), latest, at)


def write_reboots(boots: Iterable[Boot]) -> set[int]:
    """Writes those that no action of ours explains; returns their machines. Inside the transaction that writes the
    checks that told of them."""
    found = list(boots)
    if not found:
        return set()
    pressed = PowerAction.objects.filter(
        machine__in=[boot.machine_id for boot in found],
        command__in=[Command.START, Command.REBOOT],
        sent_at__gt=min(boot.booted_at for boot in found) - EXPLAINED,
    ).exclude(state=State.FAILED)
    sent = [(action.machine_id, action.sent_at) for action in pressed if action.sent_at is not None]
    alone = [boot for boot in found if not any(_explains(machine, at, boot) for machine, at in sent)]
    Reboot.objects.bulk_create(
        Reboot(
            machine_id=boot.machine_id,
            booted_at=boot.booted_at,
            heard_before=boot.heard_before,
            found_at=boot.found_at,
        )
        for boot in alone
    )
    return {boot.machine_id for boot in alone}


def _explains(machine_id: int, sent_at: datetime, boot: Boot) -> bool:
    """An action explains the boots after it, but not a second one after the boot that it made."""
    return (
        machine_id == boot.machine_id
        and max(boot.known, boot.booted_at - EXPLAINED) < sent_at < boot.found_at
    )
