"""Draws a machine's last hour: lines that are broken where nothing is known, and a strip of up and down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps.models import Sample
from vps.services.times import duration

SPAN = 3600
WIDTH = 3600
TOLERANCE = 2.0
SHORT = 60.0


KINDS: dict[str, Promise] = {
    "up": gettext_lazy("Running"),
    "down": gettext_lazy("Stopped"),
    "other": gettext_lazy("In another state"),
    "none": gettext_lazy("Not known"),
}


@dataclass(frozen=True)
class Span:
    """A piece of the up/down strip, of one of KINDS; place and width in per cent of the hour."""

    kind: str
    x: str
    width: str


@dataclass(frozen=True)
class Share:
    """How long of the hour was of one kind, in words."""

    kind: str
    word: str
    told: str


def curve(
    samples: Sequence[Sample], value: Callable[[Sample], float | None], now: datetime
) -> tuple[str, str]:
    """The line of a percentage, and the area below it, as paths for the viewBox "0 0 3600 100": x is the second of
    the hour. A sample is joined to the one before it where it tells of all the time between; else nothing is known
    of that."""
    pieces = _pieces(samples, value, now - timedelta(seconds=SPAN))
    lines = ["L".join(f"{x} {y}" for x, y in points) for points in pieces]
    areas = [f"M{points[0][0]} 100L{line}V100" for points, line in zip(pieces, lines, strict=True)]
    return "".join(f"M{line}" for line in lines), "".join(areas)


def _pieces(
    samples: Sequence[Sample], value: Callable[[Sample], float | None], start: datetime
) -> list[list[tuple[int, int]]]:
    pieces: list[list[tuple[int, int]]] = []
    last = None
    for sample in samples:
        figure = value(sample)
        x = (sample.time - start).total_seconds()
        if figure is None or not 0 <= x <= WIDTH:
            last = None
            continue
        point = (round(x), 100 - round(min(max(figure, 0.0), 100.0)))
        reach = _reach(sample)
        if last is None or x - last > reach + TOLERANCE:
            before = round(max(reach / 2, TOLERANCE))  # one point alone is no line
            pieces.append([(max(point[0] - before, 0), point[1])])
        pieces[-1].append(point)
        last = x
    return pieces


def _reach(sample: Sample) -> float:
    """The seconds before a sample that it tells of. Of a machine in a state that we do not know, which is neither up
    nor down, figures are joined over a minute at most."""
    return sample.up + sample.down or min(sample.unknown, SHORT)


def strip(
    samples: Sequence[Sample], now: datetime, since: datetime
) -> tuple[tuple[Span, ...], tuple[Share, ...]]:
    """The hour as spans, from `since` on if that is later, and what each kind has of it, where it has some. A sample
    tells of the seconds before it; what none tells of is not known, but moments between two of them are no gap."""
    start = now - timedelta(seconds=SPAN)
    first = min(max((since - start).total_seconds(), 0.0), float(SPAN))
    pieces: list[tuple[str, float, float]] = []

    def add(kind: str, end: float) -> None:
        begin, end = pieces[-1][2] if pieces else first, min(end, float(SPAN))
        if end <= begin:
            return
        if pieces and pieces[-1][0] == kind:
            begin = pieces.pop()[1]
        pieces.append((kind, begin, end))

    for sample in samples:
        end = (sample.time - start).total_seconds()
        kind, told = _told(sample)
        if end - told - (pieces[-1][2] if pieces else first) > TOLERANCE:
            add("none", end - told)
        add(kind, end)
    recent = pieces and SPAN - pieces[-1][2] <= SHORT
    add(pieces[-1][0] if recent else "none", SPAN)
    return tuple(Span(kind, f"{a / SPAN:.2%}", f"{(b - a) / SPAN:.2%}") for kind, a, b in pieces), _shares(
        pieces
    )


def _told(sample: Sample) -> tuple[str, float]:
    """What a sample tells of, and how many seconds before it. Figures without a state that we know: it is another."""
    if sample.up:
        return "up", sample.up
    if sample.down:
        return "down", sample.down
    if sample.cpu is not None:
        return "other", min(sample.unknown, SHORT)
    return "none", sample.unknown


def _shares(pieces: Sequence[tuple[str, float, float]]) -> tuple[Share, ...]:
    totals = dict.fromkeys(KINDS, 0.0)
    for kind, begin, end in pieces:
        totals[kind] += end - begin
    return tuple(
        Share(kind, str(KINDS[kind]), duration(timedelta(seconds=ceil(total))))
        for kind, total in totals.items()
        if total
    )


def spread(values: Sequence[float]) -> str:
    """Least, most and mean of percentages, in words."""
    if not values:
        return ""
    told = {"least": round(min(values)), "most": round(max(values)), "mean": round(sum(values) / len(values))}
    return _("%(least)d to %(most)d, mean %(mean)d %%") % told
