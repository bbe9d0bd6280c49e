"""History: how long samples are kept, and how many changes of a machine's state."""

from datetime import datetime, timedelta

from django.db.models import Count, QuerySet

from vps.models import Sample, StateChange
from vps.models.sample import RAW

KEPT = timedelta(minutes=65)
CHANGES_KEPT = 200  # of each machine; its page shows fewer
CHANGES_SLACK = 50  # so that a machine that flaps is not tidied up after each change
PRUNE_BATCH = 5000


def prune_history(now: datetime) -> int:
    """Deletes what is kept no longer, in batches: samples older than what the pages draw, and all but the newest
    changes of each machine's state. Returns how many rows."""
    return prune_changes() + _delete(Sample.objects.filter(tier=RAW, time__lt=now - KEPT))


def prune_changes() -> int:
    """Deletes all but the newest changes of each machine, in batches; returns how many.

    A number and no age: it bounds the table, and the index by machine and time answers it on both databases.
    """
    counted = StateChange.objects.order_by().values("machine").annotate(number=Count("pk"))
    crowded = list(counted.filter(number__gt=CHANGES_KEPT + CHANGES_SLACK).values_list("machine", flat=True))
    return sum(_prune_machine(machine_id) for machine_id in crowded)


def _prune_machine(machine_id: int) -> int:
    newest_first = StateChange.objects.filter(machine=machine_id).order_by("-at", "-pk")
    return _delete(newest_first, CHANGES_KEPT)


def _delete(rows: QuerySet[Sample] | QuerySet[StateChange], kept: int = 0) -> int:
    """Deletes all but the first `kept` of these rows."""
    total = 0
    while ids := list(rows.values_list("pk", flat=True)[kept : kept + PRUNE_BATCH]):
        total += rows.model._default_manager.filter(pk__in=ids).delete()[0]
    return total
