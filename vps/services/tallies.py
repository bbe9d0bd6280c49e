"""The strip of counts above the board, which are also its filters."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from vps.models import Machine
from vps.services.address import PAGE, SHOWS, View


@dataclass(frozen=True)
class Tally:
    """How many machines a filter shows, and the link to it."""

    key: str
    n: int
    tone: str
    state: str
    word: str
    current: bool
    href: str


LOOKS: dict[str, tuple[str, str, Promise]] = {
    "": ("", "", gettext_lazy("All")),
    "problems": ("bad", "", gettext_lazy("Problems")),
    "running": ("ok", "", gettext_lazy("Running")),
    "stopped": ("off", "", gettext_lazy("Stopped")),
    "unseen": ("off", "unseen", gettext_lazy("Not seen yet")),
}


def in_trouble(now: datetime, late: bool = False) -> Q:
    """A problem: the last check told nothing, no token of ours reads it, or its check is late. Stopped is none.

    With `late` the collector is late, and every machine is one: of none is it known what it does."""
    if late:
        return Q(pk__isnull=False)
    return ~Q(status__problem="") | Q(granted=False) | Q(status__late_at__lt=now)


def shown_by(show: str, now: datetime, late: bool) -> Q:
    """The machines that a filter shows, of those that `access.visible_machines` gave."""
    trouble = in_trouble(now, late)
    calm = ~trouble
    match show:
        case "problems":
            return trouble
        case "running" | "stopped":
            return calm & Q(status__word=show, status__heard_at__isnull=False)
        case "unseen":
            return calm & Q(status__heard_at=None)
    return Q()


def tallies(machines: QuerySet[Machine], view: View, now: datetime, late: bool) -> tuple[Tally, ...]:
    numbers = machines.aggregate(
        **{f"n_{key}": Count("pk", filter=shown_by(key, now, late)) for key in SHOWS}
    )
    return tuple(
        Tally(
            key=key,
            n=numbers[f"n_{key}"],
            tone=LOOKS[key][0],
            state=LOOKS[key][1],
            word=str(LOOKS[key][2]),
            current=view.show == key,
            href=view.address(show=key, more=PAGE),
        )
        for key in SHOWS
    )
