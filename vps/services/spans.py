"""How far back a machine's charts reach, and the points of history for it: one query, at most some 300 points."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from math import ceil
from typing import Any, NamedTuple

from django.db.models import Avg, Case, F, FloatField, Func, IntegerField, Max, Sum, When
from django.db.models.functions import Coalesce, NullIf
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from vps.models import Machine, Sample
from vps.models.sample import RAW


@dataclass(frozen=True)
class Reach:
    """A choice of `?span=`: so many seconds, drawn from this tier, a point for each `bin` seconds and a row of the
    table for each `row`; `label` is how the axis tells its times. A bin of 0: each check is a point."""

    key: str
    seconds: int
    tier: int
    bin: int
    row: int
    label: str
    short: Promise
    word: Promise

    def lag(self, interval: float) -> float:
        """Seconds that may have passed since the last point of a machine of which all is known: it is checked so often,
        and its checks are rolled up each minute."""
        return max(60.0, 2 * interval) + (120.0 if self.bin else 0.0)


HOUR, DAY = 3600, 86400
REACHES = {
    reach.key: reach
    for reach in (
        Reach("1h", HOUR, RAW, 0, 300, "clock", gettext_lazy("1 h"), gettext_lazy("The last hour")),
        Reach("24h", DAY, 60, 300, HOUR, "clock", gettext_lazy("24 h"), gettext_lazy("24 hours, by 5 minutes")),
        Reach("7d", 7 * DAY, 600, 2400, 6 * HOUR, "day", gettext_lazy("7 d"), gettext_lazy("7 days, by 40 minutes")),
        Reach("30d", 30 * DAY, 7200, 7200, DAY, "day", gettext_lazy("30 d"), gettext_lazy("30 days, by 2 hours")),
        Reach("90d", 90 * DAY, 7200, 28800, DAY, "day", gettext_lazy("90 d"), gettext_lazy("90 days, by 8 hours")),
    )
}  # fmt: skip
USUAL = REACHES["1h"]


class Point(NamedTuple):
    """A check, or what a slot that ends at `time` held; fields and units as in Sample."""

    time: datetime
    cpu: float | None
    cpu_most: float | None
    memory_used: float | None
    memory_percent: float | None
    memory_most: float | None
    disk: float | None
    up: float
    down: float
    unknown: float

    @property
    def told(self) -> float:
        """Seconds before `time` that it tells of."""
        return self.up + self.down + self.unknown

    @property
    def weight(self) -> float:
        return self.up + self.down or self.unknown


def read_reach(key: str) -> Reach:
    return REACHES.get(key, USUAL)


class Slot(Func):
    """The second at which the slot ends that holds a moment."""

    output_field = IntegerField()

    def __init__(self, moment: str, seconds: int) -> None:
        super().__init__(moment, seconds=seconds)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """The moments of longer tiers are whole seconds."""
        whole = "((CAST(strftime('%%%%s', %(expressions)s) AS integer) + %(seconds)s - 1) / %(seconds)s * %(seconds)s)"
        return super().as_sql(compiler, connection, template=whole, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        whole = "(CAST(CEIL(EXTRACT(EPOCH FROM %(expressions)s) / %(seconds)s) AS bigint) * %(seconds)s)"
        return super().as_sql(compiler, connection, template=whole, **context)


def _weighed(figure: str) -> Coalesce:
    """The mean of a figure, weighed by the time that was known."""
    known = Coalesce(NullIf(F("up") + F("down"), 0.0), F("unknown"))
    weight = Case(When(**{f"{figure}__isnull": False}, then=known), output_field=FloatField())
    return Coalesce(
        Sum(F(figure) * weight, output_field=FloatField()) / NullIf(Sum(weight), 0.0),
        Avg(figure, output_field=FloatField()),
    )


AGGREGATES = {
    "mean_cpu": _weighed("cpu"),
    "most_cpu": Max(Coalesce("cpu_most", "cpu")),
    "mean_used": _weighed("memory_used"),
    "mean_memory": _weighed("memory_percent"),
    "most_memory": Max(Coalesce("memory_most", "memory_percent")),
    "mean_disk": _weighed("disk"),
    "all_up": Sum("up"),
    "all_down": Sum("down"),
    "all_unknown": Sum("unknown"),
}


def load_points(machine: Machine, reach: Reach, now: datetime, until: datetime) -> list[Point]:
    """In order of time. Of a slot that has not ended yet, what is known so far; but nothing from after `until`, where
    that is before now."""
    latest = until if until < now or reach.tier == RAW else now + timedelta(seconds=reach.tier)
    rows = Sample.objects.filter(machine=machine, tier=reach.tier, time__lte=latest)
    rows = rows.filter(time__gt=now - timedelta(seconds=reach.seconds))
    if not reach.bin:
        return list(map(Point._make, rows.order_by("time").values_list(*Point._fields)))
    slots = rows.annotate(slot=Slot("time", reach.bin)).values("slot").annotate(**AGGREGATES).order_by("slot")
    return [_fitted(*row, reach.bin, now) for row in slots.values_list("slot", *AGGREGATES)]


def _fitted(end: int, *figures: Any) -> Point:
    """A slot's point: sums no longer than the slot; one that is not over ends where what is told of it ends."""
    cpu, cpu_most, used, memory, memory_most, disk, up, down, unknown, seconds, now = figures
    told = up + down + unknown
    shrink = min(1.0, seconds / told) if told else 1.0
    ends = datetime.fromtimestamp(end, UTC)
    if ends > now:
        ends = min(now, ends - timedelta(seconds=seconds - told * shrink))
    return Point(
        ends, cpu, cpu_most, used, memory, memory_most, disk, up * shrink, down * shrink, unknown * shrink
    )


def merge(points: Iterable[Point], seconds: int, now: datetime) -> list[Point]:
    """One point for each slot of so many seconds, as the database makes them."""

    def slot(point: Point) -> int:
        return ceil(point.time.timestamp() / seconds) * seconds

    return [_merged(end, seconds, list(group), now) for end, group in groupby(points, slot)]


def _merged(end: int, seconds: int, points: Sequence[Point], now: datetime) -> Point:
    return _fitted(
        end,
        _mean(points, [point.cpu for point in points]),
        _most([point.cpu if point.cpu_most is None else point.cpu_most for point in points]),
        _mean(points, [point.memory_used for point in points]),
        _mean(points, [point.memory_percent for point in points]),
        _most([p.memory_percent if p.memory_most is None else p.memory_most for p in points]),
        _mean(points, [point.disk for point in points]),
        sum(point.up for point in points),
        sum(point.down for point in points),
        sum(point.unknown for point in points),
        seconds,
        now,
    )


def _mean(points: Sequence[Point], values: Sequence[float | None]) -> float | None:
    known = [(value, point.weight) for value, point in zip(values, points, strict=True) if value is not None]
    if not known:
        return None
    whole = sum(weight for _value, weight in known)
    if not whole:
        return sum(value for value, _weight in known) / len(known)
    return sum(value * weight for value, weight in known) / whole


def _most(values: Sequence[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
