"""A machine's charts over a span: curves, the strip of up and down with what happened, and the same as a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from vps.models import Machine, Sample, Status
from vps.services import drawing
from vps.services.fields import in_gib
from vps.services.marks import Mark, marks_of
from vps.services.spans import REACHES, Point, Reach, load_points, merge
from vps.services.times import duration

Value = Callable[[Point], float | None]


@dataclass(frozen=True)
class Figure:
    """A curve with its present value, in words and as SVG paths: the line, the area below it, the highest in each
    slot."""

    word: str
    now: str
    detail: str
    line: str
    area: str
    most: str
    label: str


@dataclass(frozen=True)
class Row:
    """A line of the table: what was so from the row before until `until`, in words; "–" where nothing is known."""

    until: datetime
    cpu: str
    most: str
    memory: str
    disk: str
    up: str
    known: str


@dataclass(frozen=True)
class Choice:
    key: str
    word: Promise
    chosen: bool


@dataclass(frozen=True)
class Charts:
    reach: Reach
    choices: tuple[Choice, ...]
    figures: tuple[Figure, ...]
    strip: tuple[drawing.Span, ...]
    shares: tuple[drawing.Share, ...]
    marks: tuple[Mark, ...]
    uptime: str
    unknown: str
    axis: tuple[datetime, ...]
    points: str
    rows: tuple[Row, ...]

    @property
    def marked(self) -> frozenset[str]:
        return frozenset(mark.kind for mark in self.marks)


def draw_charts(
    machine: Machine, row: Status | None, last: Sample | None, reach: Reach, now: datetime, until: datetime
) -> Charts:
    """Of a machine that the caller may see up to `until`. `row` and `last`, its newest check that told something, are
    None where they may not be seen."""
    points = load_points(machine, reach, now, until)
    spans, shares = drawing.strip(points, now, machine.first_seen, reach, row.interval if row else 0.0)
    start = now - timedelta(seconds=reach.seconds)
    newest = last if last is not None and last.time > start else None
    seconds = {share.kind: share.seconds for share in shares}
    return Charts(
        reach=reach,
        choices=tuple(Choice(each.key, each.short, each == reach) for each in REACHES.values()),
        figures=_figures(row, newest, points, now, reach) if row else (),
        strip=spans,
        shares=shares,
        marks=marks_of(machine, start, now, until),
        uptime=_percent(seconds.get("up", 0.0), seconds.get("down", 0.0)),
        unknown=duration(timedelta(seconds=seconds["none"])) if seconds.get("none", 0) >= 1 else "",
        axis=tuple(start + timedelta(seconds=reach.seconds * part / 4) for part in range(4)),
        points=_readable(points, row, start, now),
        rows=_rows(points, row, reach, now),
    )


def _percent(up: float, down: float) -> str:
    """Of the time that is known; never 100 where it was down, and a dash where nothing is known."""
    if not up + down:
        return "–"
    part = 100 * up / (up + down)
    return "100 %" if part == 100 else f"{floor(part * 100) / 100:g} %"


def _figures(
    row: Status, last: Sample | None, points: Sequence[Point], now: datetime, reach: Reach
) -> tuple[Figure, ...]:
    memory = disk = ""
    if last and last.memory_used is not None and row.memory_total:
        memory = _of(in_gib(last.memory_used * 2**20), in_gib(row.memory_total * 2**20))
    if last and last.disk is not None and row.maxdisk:
        disk = _of(in_gib(last.disk), in_gib(row.maxdisk))
    values: tuple[tuple[str, str, Value, Value | None, float | None], ...] = (
        (_("CPU"), "", _cpu, lambda point: point.cpu_most, last.cpu if last else None),
        (
            _("Memory"),
            memory,
            _memory,
            lambda point: point.memory_most,
            last.memory_percent if last else None,
        ),
        (_("Disk"), disk, _disk(row), None, _share(last.disk, row) if last else None),
    )
    return tuple(
        _figure(word, detail, value, most if reach.bin else None, latest, points, now, reach)
        for word, detail, value, most, latest in values
    )


def _figure(
    word: str,
    detail: str,
    value: Value,
    most: Value | None,
    latest: float | None,
    points: Sequence[Point],
    now: datetime,
    reach: Reach,
) -> Figure:
    heard = [figure for point in points if (figure := value(point)) is not None]
    spread = drawing.spread(heard)
    label = _("%(word)s, %(span)s: %(spread)s") if heard else _("%(word)s, %(span)s: nothing heard")
    line, area = drawing.curve(points, value, now, reach)
    return Figure(
        word=word,
        now="–" if latest is None else f"{latest:.1f} %",
        detail=detail or spread,
        line=line,
        area=area,
        most=drawing.curve(points, most, now, reach)[0] if most else "",
        label=label % {"word": word, "span": reach.word, "spread": spread},
    )


def _of(part: str, whole: str) -> str:
    return _("%(part)s of %(whole)s GiB") % {"part": part, "whole": whole}


def _cpu(point: Point) -> float | None:
    return point.cpu


def _memory(point: Point) -> float | None:
    return point.memory_percent


def _disk(row: Status | None) -> Value:
    return lambda point: _share(point.disk, row)


def _share(disk: float | None, row: Status | None) -> float | None:
    return 100 * disk / row.maxdisk if disk is not None and row and row.maxdisk else None


def _readable(points: Sequence[Point], row: Status | None, start: datetime, now: datetime) -> str:
    """The points for a script: place in per mille, second, CPU, its highest, memory, its highest, disk, state."""
    span = (now - start).total_seconds()
    return ";".join(
        f"{1000 * (point.time - start).total_seconds() / span:.0f},{point.time.timestamp():.0f},"
        + ",".join(
            "" if value is None else f"{value:.0f}"
            for value in (
                point.cpu,
                point.cpu_most,
                point.memory_percent,
                point.memory_most,
                _share(point.disk, row),
            )
        )
        + f",{_state(point)}"
        for point in points
    )


def _state(point: Point) -> str:
    """Of which kind most of its time was."""
    other = point.cpu is not None and not point.up + point.down
    parts = {"up": point.up, "down": point.down, "other" if other else "none": point.unknown}
    return max(parts, key=lambda kind: parts[kind])


def _rows(points: Sequence[Point], row: Status | None, reach: Reach, now: datetime) -> tuple[Row, ...]:
    """Newest first."""
    return tuple(
        Row(
            until=point.time,
            cpu=_told(point.cpu, "%"),
            most=_told(point.cpu_most, "%"),
            memory=_told(point.memory_percent, "%"),
            disk=_told(_share(point.disk, row), "%"),
            up=_percent(point.up, point.down),
            known=duration(timedelta(seconds=round(point.up + point.down))),
        )
        for point in reversed(merge(points, reach.row, now))
    )


def _told(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:.1f} {unit}"
