"""Draws a machine's history: lines that are broken where nothing is known, and a strip of up and down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps.models import Sample
from vps.services.spans import USUAL, Point, Reach
from vps.services.times import duration

WIDTH = 3600
TOLERANCE = 2.0
SHORT = 60.0
MOSTLY = 0.1  # the part of a longer slot that may be unknown where a line leads through it

Told: TypeAlias = Sample | Point
Value: TypeAlias = Callable[[Any], float | None]

KINDS: dict[str, Promise] = {
    "up": gettext_lazy("Running"),
    "down": gettext_lazy("Stopped"),
    "other": gettext_lazy("In another state"),
    "none": gettext_lazy("Not known"),
}


@dataclass(frozen=True)
class Span:
    """A piece of the up/down strip, of one of KINDS; place and width in per cent of the span."""

    kind: str
    x: str
    width: str


@dataclass(frozen=True)
class Share:
    """How long of the span was of one kind, in seconds and in words."""

    kind: str
    word: str
    told: str
    seconds: float


def curve(samples: Sequence[Told], value: Value, now: datetime, reach: Reach = USUAL) -> tuple[str, str]:
    """The line of a percentage, and the area below it, as paths for the viewBox "0 0 3600 100". A sample is joined to
    the one before it where it tells of all the time between; else nothing is known of that."""
    pieces = _pieces(samples, value, now - timedelta(seconds=reach.seconds), reach)
    lines = ["L".join(f"{x} {y}" for x, y in points) for points in pieces]
    areas = [f"M{points[0][0]} 100L{line}V100" for points, line in zip(pieces, lines, strict=True)]
    return "".join(f"M{line}" for line in lines), "".join(areas)


def _pieces(
    samples: Sequence[Told], value: Value, start: datetime, reach: Reach
) -> list[list[tuple[int, int]]]:
    pieces: list[list[tuple[int, int]]] = []
    scale = WIDTH / reach.seconds
    last = None
    for sample in samples:
        figure = value(sample)
        at = (sample.time - start).total_seconds()
        if figure is None or not 0 <= at <= reach.seconds:
            last = None
            continue
        point = (round(at * scale), 100 - round(min(max(figure, 0.0), 100.0)))
        back = _reach(sample)
        if last is None or at - last > back + TOLERANCE + MOSTLY * reach.bin:
            before = max(round(back * scale / 2), 2)  # one point alone is no line
            pieces.append([(max(point[0] - before, 0), point[1])])
        pieces[-1].append(point)
        last = at
    return pieces


def _reach(sample: Told) -> float:
    """The seconds before a sample that it tells of. Of a machine in a state that we do not know, which is neither up
    nor down, figures are joined over a minute at most."""
    return sample.up + sample.down or min(sample.unknown, SHORT)


def strip(
    samples: Sequence[Told], now: datetime, since: datetime, reach: Reach = USUAL, interval: float = 10.0
) -> tuple[tuple[Span, ...], tuple[Share, ...]]:
    """The span in pieces, from `since` on if that is later, and what each kind has of it, where it has some. A sample
    tells of the seconds before it; what none tells of is not known, but moments between two of them are no gap. How the
    time of a longer slot is shared is exact, but not the order in it. `interval`: seconds between two checks now."""
    span = float(reach.seconds)
    start = now - timedelta(seconds=span)
    first = min(max((since - start).total_seconds(), 0.0), span)
    pieces: list[tuple[str, float, float]] = []

    def add(kind: str, end: float) -> None:
        begin, end = pieces[-1][2] if pieces else first, min(end, span)
        if end <= begin:
            return
        if pieces and pieces[-1][0] == kind:
            begin = pieces.pop()[1]
        pieces.append((kind, begin, end))

    for sample in samples:
        end = (sample.time - start).total_seconds()
        parts = _parts(sample, pieces[-1][0] if pieces else "", not reach.bin)
        begin = end - sum(seconds for _kind, seconds in parts)
        if begin - (pieces[-1][2] if pieces else first) > TOLERANCE:
            add("none", begin)
        for kind, seconds in parts:
            begin += seconds
            add(kind, begin)
    recent = pieces and span - pieces[-1][2] <= reach.lag(interval)
    add(pieces[-1][0] if recent else "none", span)
    spans = tuple(Span(kind, f"{a / span:.2%}", f"{(b - a) / span:.2%}") for kind, a, b in pieces)
    return spans, _shares(pieces)


def _parts(sample: Told, before: str, check: bool) -> list[tuple[str, float]]:
    """What a sample tells of, and how many seconds before it; of a longer slot, what goes on from `before` first.
    Figures without a state that we know: it is another, which a check tells of for a minute at most."""
    known = [(kind, seconds) for kind, seconds in (("up", sample.up), ("down", sample.down)) if seconds]
    if known and check:
        return known[:1]
    if not known and sample.cpu is not None:
        return [("other", min(sample.unknown, SHORT) if check else sample.unknown)]
    return sorted([*known, ("none", sample.unknown)], key=lambda part: part[0] != before)


def _shares(pieces: Sequence[tuple[str, float, float]]) -> tuple[Share, ...]:
    totals = dict.fromkeys(KINDS, 0.0)
    for kind, begin, end in pieces:
        totals[kind] += end - begin
    return tuple(
        Share(kind, str(KINDS[kind]), duration(timedelta(seconds=ceil(total))), total)
        for kind, total in totals.items()
        if total
    )


def spread(values: Sequence[float]) -> str:
    """Least, most and mean of percentages, in words."""
    if not values:
        return ""
    told = {"least": round(min(values)), "most": round(max(values)), "mean": round(sum(values) / len(values))}
    return _("%(least)d to %(most)d, mean %(mean)d %%") % told
