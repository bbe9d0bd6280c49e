"""When a machine's sparkline is drawn anew, and from what."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Avg

from vps.models import Sample, Status
from vps.models.sample import RAW
from vps.services import figures

REDRAW_SECONDS = 60


def spark_means(checked: Mapping[Status, datetime]) -> dict[int, float | None]:
    """The mean CPU of the present 3 minutes, for the machines whose sparkline is to be redrawn: once a minute, each
    machine at a second of its own, so that not all cards change at once. `checked`: when each was checked now."""
    due = {row.machine_id for row, at in checked.items() if _redraw_due(row, at)}
    if not due:
        return {}
    latest = max(checked.values())
    start = datetime.fromtimestamp(figures.spark_slot(latest) * figures.SPARK_SECONDS, tz=latest.tzinfo)
    samples = Sample.objects.filter(machine__in=due, tier=RAW, time__gte=start)
    means = dict(samples.values_list("machine_id").annotate(Avg("cpu")).values_list("machine_id", "cpu__avg"))
    return {machine_id: means.get(machine_id) for machine_id in due}


def _redraw_due(row: Status, at: datetime) -> bool:
    if row.spark_at is None:
        return True
    own_second = row.machine_id % REDRAW_SECONDS
    return (row.spark_at.timestamp() - own_second) // REDRAW_SECONDS != (
        at.timestamp() - own_second
    ) // REDRAW_SECONDS
