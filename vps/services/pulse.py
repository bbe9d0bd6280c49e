"""What a query tells of all of a person's machines: first whether an open board is still right, then the rest."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.utils import timezone

from vps.access import rights_number, visible_accesses, visible_machines
from vps.models import Access, Role, Status
from vps.services.actions import TROUBLE_LASTS, UNDER_WAY, trouble
from vps.services.clocks import CHECKED_AHEAD
from vps.services.leases import nobody_collects
from vps.services.prepared import Prepared, moment


@dataclass(frozen=True)
class Heard:
    """What the board says of the collector: when it last finished a check of one of these machines, how often it
    asks while one looks (`interval`), and how many of the machines answered. Where a provider allows less than
    `wanted`, both are those of the machines that are slowest for it. Seconds."""

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
class Probe:
    """The little that tells whether a page may be wrong. `ways`: how many tokens read how many machines for this
    person, summed; `late_ways`: those to machines whose check is late; `silent`: those that no collector is left for;
    `newest`: the latest of them. `rights`: see `access.rights_number`."""

    revision: int
    ways: int
    newest: int
    late_ways: int
    due_at: datetime | None
    late_at: datetime | None
    checked_at: datetime | None
    silent: int
    rights: int
    now: datetime

    @property
    def late(self) -> bool:
        """A check is overdue, or was made by a clock that is wrong: then nobody knows when. Or there will be none."""
        if self.silent:
            return True
        ahead = self.checked_at is not None and self.checked_at > self.now + CHECKED_AHEAD
        return ahead or (self.late_at is not None and self.late_at < self.now)

    @property
    def overdue(self) -> int:
        return max(0, int((self.now - self.due_at).total_seconds())) if self.due_at else 0

    def version(self, trouble_at: datetime | None) -> str:
        """What an open page must show to be right: of this revision, these machines, and this much trouble."""
        trouble = in_microseconds(trouble_at) if trouble_at else 0
        return f"{self.revision}-{self.ways}-{self.newest}-{self.rights}-{self.late_ways}-{trouble}"

    def is_right(self, version: str, late: bool) -> bool:
        """Whether a page of this version, which shows the board as `late` or not, shows all as it is."""
        seen = read_version(version, self)
        if seen is None or (seen.trouble_at and seen.trouble_at <= self.now - TROUBLE_LASTS):
            return False
        return self.version(seen.trouble_at) == version and self.late == late


@dataclass(frozen=True)
class Pulse:
    """One row about all of one's machines. `own_moving`: how many of them move because this person pressed a button.
    `trouble_at`: when the oldest trouble with an action began, which is the first to be over."""

    probe: Probe
    machines: int
    answered: int
    interval: float
    wanted: float
    own_moving: int
    acting: int
    trouble_at: datetime | None

    @property
    def now(self) -> datetime:
        return self.probe.now

    @property
    def version(self) -> str:
        return self.probe.version(self.trouble_at)

    @property
    def late(self) -> bool:
        return self.probe.late

    @property
    def overdue(self) -> int:
        return self.probe.overdue

    @property
    def heard(self) -> Heard:
        return Heard(
            finished_at=self.probe.checked_at,
            interval=round(self.interval),
            wanted=round(self.wanted),
            answered=self.answered,
            machines=self.machines,
            overdue=self.overdue,
            overdue_since=self.probe.due_at if self.late and self.overdue else None,
        )


@dataclass(frozen=True)
class Seen:
    """What a page shows: the cards of a revision, and of a trouble that began at `trouble_at`."""

    revision: int
    trouble_at: datetime | None


def take_probe(user: AbstractBaseUser, now: datetime | None = None) -> Probe:
    now = now or timezone.now()
    [(revision, ways, newest, late_ways, due_at, late_at, checked_at, silent, rights)] = _PROBE.rows(
        person=user.pk, now=now
    )
    return Probe(revision, ways, newest, late_ways, due_at, late_at, checked_at, silent, rights, now)


def take_pulse(user: AbstractBaseUser, probe: Probe | None = None) -> Pulse:
    """What changes after the probe, and is in the pulse, only makes the next poll bring it again."""
    probe = probe or take_probe(user)
    [(machines, answered, interval, wanted, *rest)] = _PULSE.rows(person=user.pk, now=probe.now)
    paces = (interval or settings.VPS_INTERVAL, wanted or settings.VPS_INTERVAL)
    return Pulse(probe, machines, answered, *paces, *rest)


def probe_of(ways: QuerySet[Access], now: datetime) -> Probe:
    """Of any accesses, for who has no rights that could change."""
    return Probe(**_told_by(ways, now), rights=0, now=now)


def _ask_probe(person: int, now: datetime) -> None:
    _told_by(visible_accesses(person), now, rights=Max(rights_number(person), default=0))


def _told_by(ways: QuerySet[Access], now: datetime, **more: Any) -> dict[str, Any]:
    return ways.aggregate(
        revision=Max("machine__status__revision", default=0),
        ways=Count("pk"),
        newest=Max("pk", default=0),
        late_ways=Count("pk", filter=Q(machine__status__late_at__lt=now)),
        due_at=Min("machine__status__due_at"),
        late_at=Min("machine__status__late_at"),
        checked_at=Max("machine__status__checked_at"),
        silent=Count("pk", filter=nobody_collects()),
        **more,
    )


def _ask_pulse(person: int, now: datetime) -> None:
    own = UNDER_WAY & Q(granted=True, status__last_action__person=person)
    slowed = Q(granted=True, status__interval__gt=F("status__wanted"))
    visible_machines(person).aggregate(
        machines=Count("pk"),
        answered=Count("pk", filter=Q(status__problem="", status__heard_at__isnull=False, granted=True)),
        interval=Max("status__interval", filter=slowed),
        wanted=Max("status__wanted", filter=slowed),
        own_moving=Count("pk", filter=own),
        acting=Count("pk", filter=Q(right__gte=Role.OPERATOR)),
        trouble_at=Min("status__last_action__observed_at", filter=trouble(now) & Q(granted=True)),
    )


_PROBE, _PULSE = Prepared(_ask_probe, {4: moment, 5: moment, 6: moment}), Prepared(_ask_pulse, {6: moment})


def read_version(version: str, probe: Probe) -> Seen | None:
    """What the page with this version shows; None if it shows other machines, or nothing that we know.

    How many are late changes no card of its own, only the counts.
    """
    numbers = [_number(part) for part in version.split("-")]
    if len(numbers) != 6 or None in numbers or numbers[1:4] != [probe.ways, probe.newest, probe.rights]:
        return None
    revision, *_which, _late, trouble = (number or 0 for number in numbers)
    trouble_at = _moment(trouble) if trouble else None
    return Seen(revision, trouble_at) if bool(trouble) == bool(trouble_at) else None


def collector_late(user: AbstractBaseUser, now: datetime) -> bool:
    """Whether this person's board says that the collector is late: the check of any of their machines is."""
    return take_probe(user, now).late


def on_time(row: Status, now: datetime) -> bool:
    """Whether the last check of this machine is not overdue, and was not made by a clock that is wrong."""
    return row.late_at >= now and (row.checked_at is None or row.checked_at <= now + CHECKED_AHEAD)


def in_microseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000 + at.microsecond


def _moment(microseconds: int) -> datetime | None:
    """None for what is no moment of a calendar."""
    try:
        at = datetime.fromtimestamp(microseconds // 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at.replace(microsecond=microseconds % 1_000_000)


def _number(part: str) -> int | None:
    return int(part) if part.isascii() and part.isdecimal() and len(part) < 19 else None
