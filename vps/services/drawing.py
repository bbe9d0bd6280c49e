"""Draws a machine's last hour: lines that are broken where nothing is known, and a strip of up and down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from vps.models import Sample

SPAN = 3600
WIDTH = 3600
TOLERANCE = 2.0
SHORT = 60.0


@dataclass(frozen=True)
class Span:
    """A piece of the up/down strip: "up", "down" or "none" (unknown); place and width in per cent of the hour."""

    kind: str
    x: str
    width: str


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
    minutes = {kind: round(totals[kind] / 60) for kind in ("up", "down")}
    minutes["none"] = SPAN // 60 - sum(minutes.values())  # together they are the hour
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
