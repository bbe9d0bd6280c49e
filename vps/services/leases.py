"""Which machines this collector asks: those whose lease it holds, a fair share of all, in step with all others.

A lease is good while its holder's row is there. Each collector puts the end of its own row off every 2 s, by the
database's clock, and deletes the rows of those that are over.
"""

import math
import os
import socket
from collections.abc import Iterator, Set
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.utils import timezone

from vps.access import readable_machines
from vps.models import Collector, Lease, Status

LEASE_SECONDS = 10.0
BLIND_SECONDS = 5.0
BATCH = 50
ROWS = 500


class Held(NamedTuple):
    """A lease as it was claimed: by which life of a collector, and the fence of that claim."""

    holder: UUID
    fence: int


class Leases:
    """What this process holds. `eldest`: it is the one that does what is done once for all collectors.

    Every method may raise what the database raises; what is held is known again after the next `renew`.
    """

    def __init__(self) -> None:
        self.holder: UUID | None = None
        self.held: dict[int, Held] = {}
        self.eldest = False
        self._rows: set[int] = set()
        # the end that each collector's row had, and since when it has been the same
        self._ends: dict[UUID, tuple[datetime, float]] = {}
        self._looked: float | None = None
        self._blind = False

    def renew(self, machines: Set[int], busy: Set[int], now: float) -> Set[int]:
        """Prolongs what is held, buries the dead, and claims or gives back until it is a fair share of `machines`, all
        that any token reads; `busy` ones, whose checks are under way or not written yet, are kept. Returns those
        that were claimed."""
        holder = self._beat()
        share = math.ceil(len(machines) / self._living(holder, now))
        self._give_back(holder, self._surplus(machines, busy, share))
        self._add_rows(machines)
        claimed: dict[int, Held] = {}
        while (wanted := share - len(self.held)) > 0:
            got = _claim(holder, min(wanted, BATCH))
            if not got:
                break
            self.held |= got
            claimed |= got
        return claimed.keys()

    def release(self) -> None:
        """At once, so that nobody has to wait for its end. Who never held any buries those that are long dead: there
        may be nobody else who does."""
        if self.holder is None:
            Collector.objects.exclude(ends_at__gt=_long_over()).delete()
        else:
            Collector.objects.filter(pk=self.holder).delete()
        self.holder, self.held = None, {}

    def _beat(self) -> UUID:
        """Begins a new life where others have buried this one: then nothing is held."""
        ends_at = Now() + timedelta(seconds=LEASE_SECONDS)
        if self.holder is None or not Collector.objects.filter(pk=self.holder).update(ends_at=ends_at):
            self.holder, self.held = None, {}
            row = Collector(id=uuid4(), host=socket.gethostname()[:255], pid=os.getpid(), ends_at=ends_at)
            row.save(force_insert=True)
            self.holder = row.id
        return self.holder

    def _living(self, holder: UUID, now: float) -> int:
        """How many collectors there are, this one too. The rest is buried.

        One is dead when its end has come, or lies further ahead than it can: then a clock was set back. Whoever is seen
        to put it off is alive all the same, on whatever clock: two of them would bury each other for ever. Who was kept
        from looking for a while begins to watch anew, as what kept it may have kept all others from their rows; but not
        who always is, for whom nobody would ever be dead.
        """
        soon = Now() + timedelta(seconds=LEASE_SECONDS)
        good = ExpressionWrapper(Q(ends_at__gt=Now(), ends_at__lte=soon), BooleanField())
        rows = list(Collector.objects.annotate(good=good).values_list("pk", "ends_at", "good"))
        was_blind, self._blind = self._blind, self._looked is not None and now - self._looked > BLIND_SECONDS
        before, anew = self._ends, self._blind and not was_blind
        unknown = (None, -math.inf) if self._looked is None else (None, now)
        self._ends, living = {}, []
        for pk, ends_at, is_good in rows:
            known_end, since = before.get(pk, unknown)
            if anew or known_end not in (None, ends_at):
                since = now
            if pk == holder or is_good or now - since < LEASE_SECONDS:
                self._ends[pk] = ends_at, since
                living.append(pk)
            else:
                Collector.objects.filter(pk=pk, ends_at=ends_at).delete()
        self._looked, self.eldest = now, living[:1] == [holder]
        return max(1, len(living))

    def _surplus(self, machines: Set[int], busy: Set[int], share: int) -> list[int]:
        unread = [pk for pk in self.held if pk not in machines]
        idle = [pk for pk in self.held if pk in machines and pk not in busy]
        more = len(self.held) - len(unread) - share
        return unread + (idle[-more:] if more > 0 else [])

    def _give_back(self, holder: UUID, machines: list[int]) -> None:
        for start in range(0, len(machines), ROWS):
            batch = machines[start : start + ROWS]
            Lease.objects.filter(machine__in=batch, holder=holder).update(holder=None)
            for pk in batch:
                del self.held[pk]

    def _add_rows(self, machines: Set[int]) -> None:
        missing = sorted(machines - self._rows)
        rows = [Lease(machine_id=pk) for pk in missing]
        Lease.objects.bulk_create(rows, batch_size=ROWS, ignore_conflicts=True)
        self._rows.update(missing)


def nobody_collects() -> Q:
    """For a query: whether there were collectors, and all of them are long dead. Who ends as told leaves no row."""
    return Q(Exists(Collector.objects.all())) & ~Q(Exists(Collector.objects.filter(ends_at__gt=_long_over())))


def _long_over() -> CombinedExpression:
    """An end before this is that of a collector which has not put it off for two lease times."""
    return Now() - timedelta(seconds=LEASE_SECONDS)


@transaction.atomic
def _claim(holder: UUID, most: int) -> dict[int, Held]:
    """Up to so many that nobody holds, and that no other collector claims at this moment.

    The condition is part of the UPDATE again: who has claimed one meanwhile may be so new that the first query did not
    see them.
    """
    free = Lease.objects.filter(
        ~Exists(Collector.objects.filter(pk=OuterRef("holder"))), machine__in=readable_machines()
    )
    found = free.select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:most]
    ids = [lease.pk for lease in found]
    free.filter(pk__in=ids).update(holder=holder, fence=F("fence") + 1)
    mine = Lease.objects.filter(pk__in=ids, holder=holder).values_list("pk", "fence")
    return {pk: Held(holder, fence) for pk, fence in mine}


def lock_leases(leases: dict[int, Held]) -> set[int]:
    """Which of these machines are still held as they were. Nobody else claims them until the transaction ends."""
    if not leases:
        return set()
    locked = Lease.objects.select_for_update().filter(machine__in=list(leases)).order_by("pk")
    now = {pk: (holder, fence) for pk, holder, fence in locked.values_list("pk", "holder", "fence")}
    return {pk for pk, held in leases.items() if now.get(pk) == held}


def last_checks(machines: Set[int], now: float) -> dict[int, tuple[float, float]]:
    """When each of these was checked last, by whichever collector, and when its next check is due: in seconds of the
    clock that says `now`. Never checked ones are left out."""
    found: dict[int, tuple[float, float]] = {}
    ids, wall = sorted(machines), timezone.now()
    for start in range(0, len(ids), ROWS):
        rows = Status.objects.filter(machine__in=ids[start : start + ROWS], checked_at__isnull=False)
        for pk, checked_at, due_at in rows.values_list("pk", "checked_at", "due_at"):
            ago = (wall - checked_at).total_seconds() if checked_at else math.inf
            found[pk] = now - ago, now + (due_at - wall).total_seconds()
    return found


@contextmanager
def holding(machine_id: int, held: Held | None) -> Iterator[bool]:
    """A transaction, and whether the machine is held in it as it was; without a lease it always is."""
    with transaction.atomic():
        yield held is None or bool(lock_leases({machine_id: held}))
