"""The newest audit lines that a person may read, of a million: each part of them by the index that suits it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.db.models import Func, OuterRef, Q, QuerySet, Subquery

from vps.models import AuditEvent, Machine

from .audit import ALL_CODES, MACHINE_CODES, Wanted, own_parts
from .seeing import visible_machines

MANY = 2000  # machines in one query
FEW = 50  # machines whose lines are rather looked through than all lines of that kind
COMMON = ("power.", "console.")  # most lines are
MOST_BY_MACHINE = 100
Seen = tuple[int, str, str, bool, datetime | None]


@dataclass(frozen=True)
class Place:
    """Between two lines: after the one of that time and id."""

    at: datetime
    id: int


def newest_events(
    user: AbstractUser,
    wanted: Wanted,
    most: int,
    *,
    before: Place | None = None,
    after: Place | None = None,
) -> list[AuditEvent]:
    """At most so many, newest first: of those older than `before`; or the ones next to `after`, which are newer."""
    order = ("at", "pk") if after else ("-at", "-pk")
    bounds = _bounds(before, after)
    found = {
        line.pk: line
        for lines in _parts(user, wanted, most, bounds, order)
        for line in lines.filter(bounds).order_by(*order)[:most]
    }
    rows = sorted(found.values(), key=lambda line: (line.at, line.pk), reverse=after is None)[:most]
    return rows[::-1] if after else rows


def _bounds(before: Place | None, after: Place | None) -> Q:
    bounds = Q()
    if before:
        bounds &= Q(at__lte=before.at) & (Q(at__lt=before.at) | Q(pk__lt=before.id))
    if after:
        bounds &= Q(at__gte=after.at) & (Q(at__gt=after.at) | Q(pk__gt=after.id))
    return bounds


def _parts(
    user: AbstractUser, wanted: Wanted, most: int, bounds: Q, order: tuple[str, str]
) -> Iterator[QuerySet[AuditEvent]]:
    """One line may be in several."""
    asked = AuditEvent.objects.filter(wanted.condition())
    codes = ALL_CODES if wanted.codes is None else wanted.codes
    for possible, part in own_parts(user):
        if possible & codes:
            yield asked.filter(part)
    if MACHINE_CODES & codes and not wanted.team:
        lines = AuditEvent.objects.filter(replace(wanted, codes=MACHINE_CODES & codes).condition())
        yield from _of_machines(user, lines.filter(bounds), wanted, most, order)


def _of_machines(
    user: AbstractUser, lines: QuerySet[AuditEvent], wanted: Wanted, most: int, order: tuple[str, str]
) -> Iterator[QuerySet[AuditEvent]]:
    machines: QuerySet[Any] = visible_machines(user).order_by()
    if wanted.machine:
        machines = machines.filter(project=wanted.machine[0], product=wanted.machine[1])
    seen = list(machines.values_list("pk", "project", "product", "granted", "refused_at"))
    if most <= MOST_BY_MACHINE and _machine_by_machine(wanted, len(seen)):
        heard = [one for one in seen if _is_open(one)]
        seen = [one for one in seen if not _is_open(one)]
        for some in _batches(heard):
            yield _of_each([one[0] for one in some], lines, most, order)
    for some in _batches(seen):
        yield lines.filter(_of_any(some))


def _is_open(seen: Seen) -> bool:
    """Whether one hears of it now: else one's last token is refused, and one heard of it up to then."""
    return seen[3] or seen[4] is None


def _batches(seen: list[Seen]) -> Iterator[list[Seen]]:
    return (seen[first : first + MANY] for first in range(0, len(seen), MANY))


def _machine_by_machine(wanted: Wanted, machines: int) -> bool:
    """Whether the newest lines of each machine are looked for: good unless most of them are not asked for."""
    if connection.vendor != "postgresql" or wanted.person or wanted.machine:
        return False
    if wanted.codes is None and not wanted.outcome:
        return True
    common = wanted.codes is None or any(code.startswith(COMMON) for code in wanted.codes)
    return common and machines <= FEW


def _of_any(seen: list[Seen]) -> Q:
    """Of any of these machines; where one's last token is refused, up to then."""
    projects: dict[str, list[str]] = defaultdict(list)
    either = Q(pk=None)
    for one in seen:
        if _is_open(one):
            projects[one[1]].append(one[2])
        else:
            either |= Q(project=one[1], product=one[2], at__lte=one[4])
    for project, products in projects.items():
        either |= Q(project=project, product__in=products)
    return either


class _Array(Subquery):
    template = "ARRAY(%(subquery)s)"


def _of_each(
    machines: list[int], lines: QuerySet[AuditEvent], most: int, order: tuple[str, str]
) -> QuerySet[AuditEvent]:
    """The same, by the first lines of each machine: its index holds them in a row. PostgreSQL alone can.

    A few of each tell how far back the page can go at most; so far each is looked through.
    """
    few = _first_of_each(machines, lines.order_by(*order), 1 + 2 * most // len(machines)).order_by(*order)
    for last in few.values_list("at", flat=True)[most - 1 : most]:
        lines = lines.filter(at__lte=last) if order[0] == "at" else lines.filter(at__gte=last)
    return _first_of_each(machines, lines.order_by(*order), most)


def _first_of_each(machines: list[int], lines: QuerySet[AuditEvent], most: int) -> QuerySet[AuditEvent]:
    mine = lines.filter(project=OuterRef("project"), product=OuterRef("product"))
    ids = Func(_Array(mine.values("pk")[:most]), function="unnest")
    found = Machine.objects.filter(pk__in=machines).order_by().annotate(line=ids).values("line")
    return AuditEvent.objects.filter(pk__in=found)
