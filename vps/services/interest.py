"""Who looks at which machines: these are checked more often."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import OperationalError, connection
from django.db.models.functions import Now

from vps.models import Interest, Machine, WallLink

logger = logging.getLogger(__name__)

WRITE_SECONDS = 30.0
WATCHED_SECONDS = 75.0
KEPT_SECONDS = 600.0
WRITE_PATIENCE = 0.1
AGAIN_SECONDS = 5.0
MOST_KNOWN = 10_000

# When this process last wrote each person's view, so that a poll need not ask the database. Others may write it too.
_written: dict[tuple[int | UUID, str], float] = {}


def note_interest(who: AbstractBaseUser | WallLink, view: str, machines: Callable[[], Sequence[int]]) -> None:
    """This person, or whoever stands before this wall, looks at these machines now, in this view of any length.
    Written every half minute at most."""
    key, now = (who.pk, _hashed(view)), time.monotonic()
    if now - _written.get(key, -WRITE_SECONDS) < WRITE_SECONDS:
        return
    if len(_written) >= MOST_KNOWN:
        _written.clear()
    try:
        with impatient(WRITE_PATIENCE):
            _write(who, key[1], sorted(machines()))
    except OperationalError as error:  # no page waits for it, or fails: another poll tries again
        logger.warning("who looks could not be written: %s", error)
        _written[key] = now - WRITE_SECONDS + AGAIN_SECONDS
    else:
        _written[key] = now


def look_at_machine(user: AbstractBaseUser, machine: Machine) -> None:
    """The same of the one that a page of its own shows."""
    note_interest(user, f"machine {machine.pk}", lambda: [machine.pk])


def _write(who: AbstractBaseUser | WallLink, view: str, ids: list[int]) -> None:
    side = "wall" if isinstance(who, WallLink) else "person"
    mark, lately = _hashed(repr(ids)), Now() - timedelta(seconds=WRITE_SECONDS)
    known = Interest.objects.filter(**{side: who.pk}, view=view, mark=mark, seen_at__gt=lately)
    if known.exists():
        return  # another process has
    row = Interest(**{f"{side}_id": who.pk}, view=view, mark=mark, machines=ids, seen_at=Now())
    fields = ["mark", "machines", "seen_at"]
    Interest.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=[side, "view"], update_fields=fields
    )


@contextmanager
def impatient(seconds: float) -> Iterator[None]:
    """SQLite has one writer at a time, for whom a page would wait up to 20 s."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        usual = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {round(1000 * seconds)}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")


class Audience:
    """What the collector knows of all who look."""

    def __init__(self) -> None:
        self._machines: dict[str, frozenset[int]] = {}

    def watched(self) -> frozenset[int]:
        """The machines that somebody has looked at in the last 75 s, by the database's clock."""
        fresh = Interest.objects.filter(seen_at__gt=Now() - timedelta(seconds=WATCHED_SECONDS))
        marks = set(fresh.values_list("mark", flat=True).distinct())
        known = {mark: machines for mark, machines in self._machines.items() if mark in marks}
        if new := marks - known.keys():
            rows = fresh.filter(mark__in=new).values_list("mark", "machines")
            known |= {mark: frozenset(machines) for mark, machines in rows}
        self._machines = known
        return frozenset().union(*known.values())


def forget_interest() -> int:
    """Deletes what is long over. Returns how many rows."""
    return Interest.objects.filter(seen_at__lt=Now() - timedelta(seconds=KEPT_SECONDS)).delete()[0]


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
