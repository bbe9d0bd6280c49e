"""History: rolled up into longer tiers, and kept so long; and how many changes of a machine's state are kept."""

from datetime import datetime

from django.conf import settings
from django.db.models import Count, QuerySet
from django.db.models.functions import Now

from vps.models import Reboot, Sample, StateChange, Tier
from vps.models.sample import RAW
from vps.services.rollup import roll_up

CHANGES_KEPT = 200  # of each machine; its page shows fewer
CHANGES_SLACK = 50  # so that a machine that flaps is not tidied up after each change
PRUNE_BATCH = 500


def tend_history(now: datetime | None = None) -> bool:
    """One bounded piece of the work, as checks must not wait for it: checks are rolled up, then what is kept no longer
    goes. Whether more is to do at once. Harmless where several collectors do it. `now` is what the database says, if it
    is not given: a process whose clock has jumped ahead must delete nothing."""
    return roll_up() or prune_history(now or _now()) or prune_changes() > 0


def _now() -> datetime:
    at: datetime = Tier.objects.filter(seconds=RAW).values_list(Now(), flat=True).get()
    return at


def prune_history(now: datetime) -> bool:
    """Deletes a batch of samples that are kept no longer; of checks only those that were rolled up. Whether there may
    be more."""
    taken = Tier.objects.filter(seconds=RAW).values_list("taken", flat=True).first() or 0
    for tier, kept in settings.VPS_KEEP.items():
        limit = now - kept
        old = Sample.objects.filter(tier=tier, time__lt=limit)
        if tier == RAW and old.filter(pk__gt=taken).exists():
            continue  # slots that these tell of could not be made any more
        if ids := list(old.order_by("time").values_list("pk", flat=True)[:PRUNE_BATCH]):
            _tell_gone(tier, limit)
            Sample.objects.filter(pk__in=ids).delete()
            return True
    return False


def _tell_gone(tier: int, limit: datetime) -> None:
    """Before anything is deleted: no slot is made anew from what is left of it."""
    rows = Tier.objects.filter(seconds=tier)
    if not rows.exclude(gone_until__gt=limit).update(gone_until=limit):
        Tier.objects.bulk_create([Tier(seconds=tier, gone_until=limit)], ignore_conflicts=True)


def prune_changes() -> int:
    """Deletes all but the newest changes and reboots of each machine, in batches; returns how many.

    A number and no age: it bounds the tables, and the indexes by machine and time answer it on both databases.
    """
    return _prune(StateChange.objects.order_by("-at", "-pk")) + _prune(
        Reboot.objects.order_by("-found_at", "-pk")
    )


def _prune(newest_first: QuerySet[StateChange] | QuerySet[Reboot]) -> int:
    counted = newest_first.order_by().values("machine").annotate(number=Count("pk"))
    crowded = list(counted.filter(number__gt=CHANGES_KEPT + CHANGES_SLACK).values_list("machine", flat=True))
    return sum(_delete_after(newest_first.filter(machine=machine_id)) for machine_id in crowded)


def _delete_after(rows: QuerySet[StateChange] | QuerySet[Reboot]) -> int:
    """Deletes all but the first CHANGES_KEPT of these rows."""
    total = 0
    while ids := list(rows.values_list("pk", flat=True)[CHANGES_KEPT : CHANGES_KEPT + PRUNE_BATCH]):
        total += rows.model._default_manager.filter(pk__in=ids).delete()[0]
    return total
