"""The strip of counts above the board, which are also its filters."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from vps.access import visible_machines
from vps.services.actions import UNDER_WAY, trouble
from vps.services.address import PAGE, SHOWS, View
from vps.services.drift import DRIFT, adrift
from vps.services.logins import HOLDS_ONE
from vps.services.prepared import Prepared
from vps.services.searching import matching


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
    "drift": ("bad", "", gettext_lazy("Not as expected")),
    "changing": ("busy", "", gettext_lazy("Changing")),
    "running": ("ok", "", gettext_lazy("Running")),
    "stopped": ("off", "", gettext_lazy("Stopped")),
    "unseen": ("off", "unseen", gettext_lazy("Not seen yet")),
    "login": ("", "", gettext_lazy("Default login")),
}
RARE = ("drift", "login")  # left out where there is none


def in_trouble(now: datetime, late: bool = False) -> Q:
    """A problem: the last check told nothing, no token of ours reads it, its check is late, an action in the last
    hour did not do what it should, or it is not in the state that it should be in. Stopped alone is none.

    With `late` the collector is late, and every machine is one: of none is it known what it does."""
    if late:
        return Q(pk__isnull=False)
    return ~Q(status__problem="") | Q(granted=False) | Q(status__late_at__lt=now) | trouble(now) | DRIFT


def shown_by(show: str, now: datetime, late: bool) -> Q:
    """The machines that a filter shows, of those that `access.visible_machines` gave."""
    trouble = in_trouble(now, late)
    calm = ~trouble
    match show:
        case "problems":
            return trouble
        case "changing":
            return calm & UNDER_WAY
        case "running" | "stopped":
            return calm & ~UNDER_WAY & Q(status__word=show, status__heard_at__isnull=False)
        case "unseen":
            return calm & ~UNDER_WAY & Q(status__heard_at=None)
        case "drift":
            return Q(pk__lt=0) if late else adrift(now)  # none: a card is sure of nothing then
        case "login":
            return HOLDS_ONE
    return Q()


def tallies(user: AbstractBaseUser, view: View, now: datetime, late: bool) -> tuple[Tally, ...]:
    [numbers] = _NUMBERS.rows(view.q, late, keep=not view.q, person=user.pk, now=now)
    return tuple(
        Tally(
            key=key,
            n=n,
            tone=LOOKS[key][0],
            state=LOOKS[key][1],
            word=str(LOOKS[key][2]),
            current=view.show == key,
            href=view.address(show=key, more=PAGE),
        )
        for key, n in zip(SHOWS, numbers, strict=True)
        if n or key not in RARE or key == view.show
    )


def _ask_numbers(q: str, late: bool, person: int, now: datetime) -> None:
    machines = matching(visible_machines(person), q)
    machines.aggregate(**{f"n_{key}": Count("pk", filter=shown_by(key, now, late)) for key in SHOWS})


_NUMBERS = Prepared(_ask_numbers)
