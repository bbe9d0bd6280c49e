"""The board: one's machines, counted, filtered and grouped, and what changed on it since it was last looked at."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Case, Count, F, Max, Min, Q, QuerySet, Value, When
from django.utils import timezone

from vps.access import visible_machines
from vps.models import Machine, Token
from vps.services.address import PAGE, View, read_view
from vps.services.cards import KNOWN, Card, show_card
from vps.services.groups import Group, group_cards, group_heads
from vps.services.tallies import Tally, in_trouble, shown_by, tallies

# What cards.described hides: told by another person's listing after the refusal.
HIDDEN = Q(granted=False, described_at__gt=F("refused_at"))

__all__ = ["Board", "Poll", "View", "collector_late", "poll_board", "read_view", "show_board"]


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

    @property
    def silent(self) -> bool:
        """Asked, and answered for none of them."""
        return self.finished_at is not None and self.machines > 0 and self.answered == 0


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
    pulse = _pulse(user)
    return _board(user, view, pulse, _members(user, view, pulse), None)


def poll_board(user: AbstractBaseUser, view: View, version: str, late: bool) -> Poll:
    """What changed since `version`, for a page that shows the board as `late` or not.

    Machines that came or went, or began or ceased to match, make a whole board, and so do more changes than a page
    shows; else the order of the cards stays and only changed ones are sent.
    """
    pulse = _pulse(user)
    seen, _tilde, shown = version.partition("~")
    if pulse.version == seen and pulse.late == late:
        return Poll(pulse.overdue, None)
    since = _since(seen, pulse)
    if since is not None and pulse.late != late:
        since = -1  # every card looks another way now
    members = _members(user, view, pulse)
    if members != shown:
        since = None  # another machine belongs on the page now, or one no longer does
    if since is not None and _changed(user, view, since)[view.more :].exists():
        since = None  # more changed than a page shows: only an order says which
    return Poll(pulse.overdue, _board(user, view, pulse, members, since))


def collector_late(user: AbstractBaseUser, now: datetime) -> bool:
    """Whether this person's board says that the collector is late: the check of any of their machines is."""
    return visible_machines(user).filter(status__late_at__lt=now).exists()


def _members(user: AbstractBaseUser, view: View, pulse: Pulse) -> str:
    """A mark of the machines on the page, whatever their order; "" where all of them are.

    Made before the page is: what begins to match in between has a newer revision, and makes another mark then.
    """
    if not (view.q or view.show) and pulse.machines <= view.more:
        return ""
    found = _matching(visible_machines(user), view.q).filter(shown_by(view.show, pulse.now, pulse.late))
    ids = sorted(_ordered(found, pulse.now).values_list("pk", flat=True)[: view.more])
    return hashlib.sha256(repr(ids).encode()).hexdigest()[:16]


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


def _board(user: AbstractBaseUser, view: View, pulse: Pulse, members: str, since: int | None) -> Board:
    machines = _matching(visible_machines(user), view.q)
    counts = tallies(machines, view, pulse.now, pulse.late)
    total = next(tally.n for tally in counts if tally.key == view.show)
    found = machines.filter(shown_by(view.show, pulse.now, pulse.late))
    whole = _ordered(found, pulse.now)[: view.more]
    rows = whole if since is None else _changed(user, view, since)
    cards = tuple(show_card(machine, pulse.late) for machine in rows.select_related("status"))
    heads = group_heads(user, found, view.group, in_trouble(pulse.now, pulse.late))
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
    """Every word of the search must be in the name, an address or an id, as far as this person may know them."""
    for word in q.split()[:10]:
        ids = _any(Q(**{f"{field}__icontains": word}) for field in ("project", "product"))
        rest = _any(Q(**{f"{field}__icontains": word}) for field in ("name", "ipv4", "ipv6"))
        machines = machines.filter(ids | rest & ~HIDDEN)
    return machines


def _any(conditions: Iterable[Q]) -> Q:
    together = Q()
    for condition in conditions:
        together |= condition
    return together


def _ordered(machines: QuerySet[Machine], now: datetime) -> QuerySet[Machine]:
    """Problems first, then states that we do not know, then by name. A late collector leaves the order as it was."""
    known = Q(status__heard_at=None) | Q(status__word__in=KNOWN)
    calm = Case(When(in_trouble(now), then=Value(0)), When(known, then=Value(2)), default=Value(1))
    return machines.order_by(calm, Case(When(HIDDEN, then=F("product")), default=F("name")), "pk")


def _empty(user: AbstractBaseUser, pulse: Pulse, total: int) -> str:
    if pulse.machines:
        return "" if total else "no_match"
    return "no_machines" if Token.objects.filter(owner_id=user.pk).exists() else "first"
