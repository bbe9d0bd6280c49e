"""What the tests of history's tiers share: checks by the second after noon, and the slots that come of them."""

from typing import Any

from tests.services.collector_kit import NOON, seconds
from vps.models import Machine, Sample, Tier
from vps.services.rollup import roll_up

FIGURES = {"cpu": 20.0, "memory_used": 512.0, "memory_percent": 50.0, "disk": 10**9}


def check(machine: Machine, second: float, **fields: Any) -> Sample:
    """A check so many seconds after noon."""
    return Sample(machine=machine, time=NOON + seconds(second), **fields)


def write(*samples: Sample) -> None:
    Sample.objects.bulk_create(samples)


def roll_all() -> None:
    while roll_up():
        pass


def tier(length: int, machine: Machine) -> dict[float, Sample]:
    """The slots of a machine by the second after noon at which they end."""
    rows = Sample.objects.filter(tier=length, machine=machine).order_by("time")
    return {(row.time - NOON).total_seconds(): row for row in rows}


def times(row: Sample) -> tuple[float, float, float]:
    return tuple(round(value, 2) for value in (row.up, row.down, row.unknown))  # type: ignore[return-value]


def everything() -> list[tuple[Any, ...]]:
    names = ("machine", "tier", "time", "cpu", "cpu_most", "memory_most", "disk")
    rows = Sample.objects.exclude(tier=10).order_by("machine", "tier", "time")
    return [(*(getattr(row, name) for name in names[1:]), *times(row)) for row in rows]


def again_from_the_start() -> None:
    Sample.objects.exclude(tier=10).delete()
    Tier.objects.all().delete()
