"""Samples: how long they are kept, and how they are drawn."""

from datetime import datetime, timedelta

from vps.models import Sample
from vps.models.sample import RAW

KEPT = timedelta(minutes=65)
PRUNE_BATCH = 5000


def prune_samples(now: datetime) -> int:
    """Deletes samples older than what the pages draw, in batches; returns how many."""
    old = Sample.objects.filter(tier=RAW, time__lt=now - KEPT)
    total = 0
    while ids := list(old.values_list("pk", flat=True)[:PRUNE_BATCH]):
        total += Sample.objects.filter(pk__in=ids).delete()[0]
    return total
