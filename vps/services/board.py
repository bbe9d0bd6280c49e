"""The board: one's machines, counted, filtered and grouped, and what changed on it since it was last looked at."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Case, Count, Max, Min, Q, QuerySet, Sum, Value, When
from django.utils import timezone

from vps.access import visible_machines
from vps.models import Machine, Token
from vps.services.address import PAGE, View, read_view
from vps.services.cards import Card, show_card
from vps.services.groups import Group, group_cards, group_heads
from vps.services.tallies import Tally, in_trouble, shown_by, tallies

__all__ = ["Board", "Poll", "View", "poll_board", "read_view", "show_board"]


@dataclass(frozen=True)
class Heard:
    """What the board says of the collector: when it last finished a check of one of these machines, how often it
    asks (`interval`) and was to ask (`wanted`), and how many of the machines answered. Seconds."""

    finished_at: datetime | None
    interval: int
    wanted: int
    answered: int
    machines: int
    overdue: int
    overdue_since: datetime | None


@dataclass(frozen=True)
class Board:
    """A whole board (`whole`), or the cards that changed since `version` was another. `late`: the collector is late."""

    view: View
    version: str
    counts: tuple[Tally, ...]
    groups: tuple[Group, ...]
    cards: tuple[Card, ...]
    whole: bool
    shown: int
    total: int
    more_href: str
    empty: str
    late: bool
    problems: int
    heard: Heard


@dataclass(frozen=True)
class Poll:
    """The answer to a board's poll: `overdue` is the age in seconds of the oldest check that should have been made;
    `board` is None when nothing changed."""

    overdue: int
    board: Board | None


@dataclass(frozen=True)
class Pulse:
    """One row about all of one's machines: enough to know whether a board is still right."""

    revision: int
    machines: int
    newest: int
    answered: int
    interval: float
    due_at: datetime | None
    late_at: datetime | None
    late_machines: int
    checked_at: datetime | None
    now: datetime

    @property
    def version(self) -> str:
        return f"{self.revision}-{self.machines}-{self.newest}-{self.late_machines}"

    @property
    def late(self) -> bool:
        return self.late_at is not None and self.late_at < self.now

    @property
    def overdue(self) -> int:
        return max(0, int((self.now - self.due_at).total_seconds())) if self.due_at else 0

    @property
    def heard(self) -> Heard:
        return Heard(
            finished_at=self.checked_at,
            interval=round(self.interval),
            wanted=round(settings.VPS_INTERVAL),
            answered=self.answered,
            machines=self.machines,
            overdue=self.overdue,
            overdue_since=self.due_at if self.late else None,
        )


def show_board(user: AbstractBaseUser, view: View) -> Board:
    """Everything, problems first. Reads the database only."""
    return _board(user, view, _pulse(user), None)


def poll_board(user: AbstractBaseUser, view: View, version: str, late: bool) -> Poll:
    """What changed since `version`, for a page that shows the board as `late` or not.

    Machines that came or went, or began or ceased to match, make a whole board, and so do more changes than a page
    shows; else the order of the cards stays and only changed ones are sent.
    """
    pulse = _pulse(user)
    seen, _tilde, members = version.partition("~")
    if pulse.version == seen and pulse.late == late:
        return Poll(pulse.overdue, None)
    since = _since(seen, pulse)
    if since is not None and pulse.late != late:
        since = -1  # every card looks another way now
    if since is not None and _members(user, view, pulse.now) != members:
        since = None  # another machine matches now, or one no longer does
    if since is not None and _changed(user, view, since)[view.more :].exists():
        since = None  # more changed than a page shows: only an order says which
    return Poll(pulse.overdue, _board(user, view, pulse, since))


def _members(user: AbstractBaseUser, view: View, now: datetime) -> str:
    """A mark of the machines that a search or a filter shows; "" where all are shown."""
    if not (view.q or view.show):
        return ""
    found = _matching(visible_machines(user), view.q).filter(shown_by(view.show, now))
    return "{n}.{sum}".format(**found.aggregate(n=Count("pk"), sum=Sum("pk", default=0)))


def _since(version: str, pulse: Pulse) -> int | None:
    """The revision that the page shows; None if it shows other machines, or nothing that we know.

    How many are late changes no card of its own, only the counts.
    """
    revision, _dash, rest = version.rpartition("-")[0].partition("-")
    known = revision.isascii() and revision.isdecimal() and len(revision) < 19
    return int(revision) if known and rest == f"{pulse.machines}-{pulse.newest}" else None


def _pulse(user: AbstractBaseUser) -> Pulse:
    now = timezone.now()
    row = visible_machines(user).aggregate(
        revision=Max("status__revision", default=0),
        machines=Count("pk"),
        newest=Max("newest_access", default=0),
        answered=Count("pk", filter=Q(status__problem="", status__heard_at__isnull=False, granted=True)),
        interval=Max("status__interval", filter=Q(granted=True), default=settings.VPS_INTERVAL),
        due_at=Min("status__due_at"),
        late_at=Min("status__late_at"),
        late_machines=Count("pk", filter=Q(status__late_at__lt=now)),
        checked_at=Max("status__checked_at"),
    )
    return Pulse(now=now, **row)


def _board(user: AbstractBaseUser, view: View, pulse: Pulse, since: int | None) -> Board:
    machines = _matching(visible_machines(user), view.q)
    members = _members(user, view, pulse.now)
    counts = tallies(machines, view, pulse.now)
    total = next(tally.n for tally in counts if tally.key == view.show)
    found = machines.filter(shown_by(view.show, pulse.now))
    whole = found.order_by(_calm(pulse.now), "name", "pk")[: view.more]
    rows = whole if since is None else _changed(user, view, since)
    cards = tuple(show_card(machine, pulse.late) for machine in rows.select_related("status"))
    heads = group_heads(user, found, view.group, in_trouble(pulse.now))
    shown = len(cards) if since is None else min(total, view.more)
    return Board(
        view=view,
        version=f"{pulse.version}~{members}" if members else pulse.version,
        counts=counts,
        groups=group_cards(user, heads, cards if since is None else (), view.group),
        cards=cards if since is not None else (),
        whole=since is None,
        shown=shown,
        total=total,
        more_href=view.address(more=view.more + PAGE) if total > shown else "",
        empty=_empty(user, pulse, total),
        late=pulse.late,
        problems=next(tally.n for tally in counts if tally.key == "problems"),
        heard=pulse.heard,
    )


def _changed(user: AbstractBaseUser, view: View, since: int) -> QuerySet[Machine]:
    machines = _matching(visible_machines(user), view.q)
    return machines.filter(status__revision__gt=since).order_by("pk")


def _matching(machines: QuerySet[Machine], q: str) -> QuerySet[Machine]:
    """Every word of the search must be in the name, an address or an id."""
    for word in q.split()[:10]:
        fields = ("name", "ipv4", "ipv6", "project", "product")
        machines = machines.filter(_any(Q(**{f"{field}__icontains": word}) for field in fields))
    return machines


def _any(conditions: Iterable[Q]) -> Q:
    together = Q()
    for condition in conditions:
        together |= condition
    return together


def _calm(now: datetime) -> Case:
    return Case(When(in_trouble(now), then=Value(0)), default=Value(1))


def _empty(user: AbstractBaseUser, pulse: Pulse, total: int) -> str:
    if pulse.machines:
        return "" if total else "no_match"
    return "no_machines" if Token.objects.filter(owner_id=user.pk).exists() else "first"
