"""How exact figures become what a card shows: in steps, with hysteresis, so that it changes when it matters."""

from datetime import datetime, timedelta

STEP = 5
HOLD = 4.0
MOST_SHOWN = 995
UPTIME_JITTER = timedelta(seconds=5)
SPARK_POINTS = 20
SPARK_SECONDS = 180


def stepped(value: float | None, shown: int | None) -> int | None:
    """`value` in steps of 5; what is shown already stays while the value is less than 4 away from it."""
    if value is None:
        return None
    value = min(max(value, 0.0), float(MOST_SHOWN))
    if shown is not None and abs(value - shown) < HOLD:
        return shown
    return STEP * round(value / STEP)


def share(part: float, whole: float) -> float | None:
    """`part` of `whole` in per cent; None where the whole is nothing."""
    return 100 * part / whole if whole > 0 else None


def booted_at(heard_at: datetime, uptime: int, known: datetime | None) -> datetime | None:
    """When the machine booted. A known moment stays while the new one is within the jitter of a call."""
    try:
        moment = heard_at - timedelta(seconds=uptime)
    except OverflowError:
        return None
    if known is not None and abs(moment - known) <= UPTIME_JITTER:
        return known
    return moment


def spark_slot(moment: datetime) -> int:
    """The number of the 3 minutes that hold this moment."""
    return int(moment.timestamp()) // SPARK_SECONDS


def redrawn(
    spark: list[int | None], drawn_at: datetime | None, at: datetime, mean: float | None
) -> list[int | None]:
    """The sparkline with the mean of the present 3 minutes as its newest point; null where nothing was heard."""
    point = None if mean is None else round(min(max(mean, 0.0), 100.0))
    passed = spark_slot(at) - spark_slot(drawn_at) if drawn_at else SPARK_POINTS
    if passed <= 0:
        return [*spark[:-1], point]
    gap: list[int | None] = [None] * min(passed - 1, SPARK_POINTS)
    return [*(spark if drawn_at else []), *gap, point][-SPARK_POINTS:]
