"""The rows that hold the tokens' call budgets: read under a lock, with the database's own time, and written back."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from vps.models import Budget, Token
from vps.provider.rates import Rate
from vps.services.breaker import PROBE_SECONDS, Breaker, longest_wait
from vps.services.pace import LONGEST_BACKOFF, Pace

TOGETHER_SECONDS = 5.0
LONGEST_STRETCH = 1.25
AHEAD = 5.0  # seconds: a moment that lies further ahead than it can is from before the clock was set back
KEPT = ("per_second", "saved", "blocked_until", "backoff", "window", "answered")
BREAKER = {"broken_since": "open_since", "probe_at": "probe_at", "probe_wait": "wait", "good_at": "good_at"}
WRITTEN = [
    *KEPT,
    *BREAKER,
    *("refilled_at", "debt", "calls", "limit", "remaining", "resets_at", "learnt_at", "refused_at"),
]


@dataclass
class Locked:
    """A row that nobody else changes until the transaction ends, as it stands `at` that moment. `pace` does its
    arithmetic."""

    row: Budget
    at: float
    pace: Pace

    def note(self, rate: Rate, at: float) -> None:
        """What the headers of an answer told at that moment, for whoever looks."""
        self.row.learnt_at = at
        if rate.limit is not None or rate.remaining is not None:
            self.row.limit, self.row.remaining = rate.limit, rate.remaining
            self.row.resets_at = None if rate.reset_after is None else at + rate.reset_after


def lock(token_ids: Iterable[UUID], *, skip_locked: bool = False) -> list[Locked]:
    """The budgets of these tokens, made where there is none yet; always in the same order. Inside a transaction. With
    `skip_locked` those that somebody else holds now are left out."""
    wanted = list(token_ids)
    found = _read(wanted, skip_locked)
    missing = set(wanted) - {budget.row.token_id for budget in found}
    if not missing or not begin(missing):
        return found
    return _read(wanted, skip_locked)


def begin(token_ids: Iterable[UUID]) -> bool:
    """A full budget for each of these that has none, whether there is any such; nothing for tokens that are gone."""
    tokens = Token.objects.filter(pk__in=list(token_ids), budget=None).annotate(at=Now())
    fresh = [_full(token_id, at.timestamp()) for token_id, at in tokens.values_list("pk", "at")]
    Budget.objects.bulk_create(fresh, ignore_conflicts=True)
    return bool(fresh)


def _full(token_id: UUID, at: float) -> Budget:
    pace = Pace(settings.VPS_CALLS_PER_MINUTE, at)
    return Budget(
        token_id=token_id, began_at=at, refilled_at=at, per_second=pace.per_second, saved=pace.saved
    )


def _read(token_ids: list[UUID], skip_locked: bool) -> list[Locked]:
    rows = Budget.objects.filter(pk__in=token_ids).order_by("pk").annotate(at=Now())
    locked = rows.select_for_update(skip_locked=skip_locked)
    return [Locked(row, row.at.timestamp(), pace_of(row, row.at.timestamp())) for row in locked]


def read_budgets() -> list[Locked]:
    """All of them as they stand now, for whoever only looks: nothing is locked."""
    rows = Budget.objects.order_by("pk").annotate(at=Now())
    return [Locked(row, row.at.timestamp(), pace_of(row, row.at.timestamp())) for row in rows]


def pace_of(row: Budget, at: float) -> Pace:
    """The budget's arithmetic at that moment. A clock that was set back makes nobody wait for long."""
    pace = Pace(settings.VPS_CALLS_PER_MINUTE, at)
    told = row.limit is not None or row.remaining is not None
    for name in KEPT:
        if (
            name != "per_second" or told
        ):  # else it is as set now, which may be another than when the row was made
            setattr(pace, name, getattr(row, name))
    if row.blocked_until > at + LONGEST_BACKOFF + AHEAD:
        pace.blocked_until = 0.0
    pace.now = row.refilled_at if row.refilled_at <= max(at, pace.blocked_until) + AHEAD else at
    pace.spend(row.debt, at)
    pace.breaker = _breaker_of(row, at)
    return pace


def _breaker_of(row: Budget, at: float) -> Breaker:
    longest = longest_wait(settings.VPS_INTERVAL)
    breaker = Breaker(longest=longest, **{name: getattr(row, column) for column, name in BREAKER.items()})
    breaker.good_at = min(breaker.good_at, at)
    breaker.probe_at = min(breaker.probe_at, at + max(longest, PROBE_SECONDS))
    return breaker


def write(budgets: list[Locked]) -> None:
    """All in one statement."""
    if not budgets:
        return
    for budget in budgets:
        for name in KEPT:
            setattr(budget.row, name, getattr(budget.pace, name))
        for column, name in BREAKER.items():
            setattr(budget.row, column, getattr(budget.pace.breaker, name))
        budget.row.refilled_at, budget.row.debt = budget.pace.now, 0.0
    Budget.objects.bulk_create(
        [budget.row for budget in budgets],
        update_conflicts=True,
        unique_fields=["token"],
        update_fields=WRITTEN,
    )


def refuse(budget: Locked, retry_after: float | None) -> bool:
    """The provider has just answered 429 to a call; whether that is news."""
    fresh = budget.pace.refused(retry_after, budget.at, stretch())
    budget.row.refused_at = budget.at if fresh else budget.row.refused_at
    return fresh


def stretch() -> float:
    return random.uniform(1.0, LONGEST_STRETCH)  # noqa: S311  # so that not all come back in the same moment


def back_off_together() -> bool:
    """Where several tokens were limited in the same moments, the provider counts them together: the others stop, too,
    each for its own back-off. Whether that was so."""
    with transaction.atomic():
        budgets = lock(Budget.objects.values_list("pk", flat=True))
        limited = [b for b in budgets if 0 <= b.at - b.row.refused_at <= TOGETHER_SECONDS]
        if len(limited) < 2:
            return False
        for budget in budgets:
            budget.pace.refused(None, budget.at, stretch())
        write(budgets)
    return True
