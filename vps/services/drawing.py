"""Draws a machine's last hour: lines that are broken where nothing is known, and a strip of up and down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from vps.models import Sample

SPAN = 3600
WIDTH = 3600
LONGEST_STEP = 2.5


@dataclass(frozen=True)
class Span:
    """A piece of the up/down strip: "up", "down" or "none" (unknown); place and width in per cent of the hour."""

    kind: str
    x: str
    width: str


def line_path(
    samples: Sequence[Sample], value: Callable[[Sample], float | None], now: datetime, step: float
) -> str:
    """The filled curve of a percentage for the viewBox "0 0 3600 100": x is the second of the hour.

    Neighbours further apart than 2.5 steps are not joined: between them nothing is known.
    """
    start = now - timedelta(seconds=SPAN)
    pieces: list[list[tuple[int, int]]] = []
    last = None
    for sample in samples:
        figure = value(sample)
        x = (sample.time - start).total_seconds()
        if figure is None or not 0 <= x <= WIDTH:
            last = None
            continue
        if last is None or x - last > LONGEST_STEP * step:
            pieces.append([])
        pieces[-1].append((round(x), 100 - round(min(max(figure, 0.0), 100.0))))
        last = x
    return "".join(_piece(points) for points in pieces)


def _piece(points: list[tuple[int, int]]) -> str:
    first, end = points[0][0], points[-1][0]
    if first == end:
        end += 1
    lines = "".join(f"L{x} {y}" for x, y in points[1:]) or f"L{end} {points[0][1]}"
    return f"M{first} 100V{points[0][1]}{lines}V100"


def strip(samples: Sequence[Sample], now: datetime) -> tuple[tuple[Span, ...], str]:
    """The hour as spans, and in words. Each sample tells of the seconds before it; what none tells of is unknown."""
    start = now - timedelta(seconds=SPAN)
    spans: list[list[float | str]] = []
    told_until = 0.0
    totals = {"up": 0.0, "down": 0.0, "none": 0.0}

    def add(kind: str, begin: float, end: float) -> None:
        begin, end = max(begin, told_until), min(end, float(SPAN))
        if end <= begin:
            return
        totals[kind] += end - begin
        if spans and spans[-1][0] == kind and begin - float(spans[-1][2]) < 1:
            spans[-1][2] = end
        else:
            spans.append([kind, begin, end])

    for sample in samples:
        end = (sample.time - start).total_seconds()
        kind, told = _told(sample)
        add("none", told_until, end - told)
        told_until = max(told_until, end - told)
        add(kind, end - told, end)
        told_until = max(told_until, end)
    if samples:
        add("none", told_until, float(SPAN)) if SPAN - told_until > 60 else add(
            _told(samples[-1])[0], told_until, SPAN
        )
    else:
        add("none", 0, SPAN)
    drawn = tuple(
        Span(str(kind), f"{float(a) / SPAN:.2%}", f"{(float(b) - float(a)) / SPAN:.2%}")
        for kind, a, b in spans
    )
    return drawn, _strip_words(totals)


def _told(sample: Sample) -> tuple[str, float]:
    if sample.up:
        return "up", sample.up
    if sample.down:
        return "down", sample.down
    return "none", sample.unknown


def _strip_words(totals: dict[str, float]) -> str:
    minutes = {kind: round(seconds / 60) for kind, seconds in totals.items()}
    return (
        _("Running for %(up)d min, stopped for %(down)d min, unknown for %(none)d min of the last hour")
        % minutes
    )


def spread(values: Sequence[float]) -> str:
    """Least, most and mean of percentages, in words."""
    if not values:
        return ""
    told = {"least": round(min(values)), "most": round(max(values)), "mean": round(sum(values) / len(values))}
    return _("%(least)d to %(most)d, mean %(mean)d %%") % told
