"""People's calls, counted in their token's budget: never delayed and never refused by it. A tenth of what is allowed is
left to them, and the checks pay back what they make."""

import logging
import time
from collections.abc import Iterable
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import F

from vps.access import Grant
from vps.models import Budget
from vps.provider.rates import Rate
from vps.services.budget_rows import back_off_together, begin, lock, refuse, write

logger = logging.getLogger(__name__)

TRIES = 4
PAUSE_SECONDS = 0.01  # longer than a collector keeps the row
# The commit waits for no disk: after a power cut a few calls too few are counted, and a person waited less.
COUNT = """UPDATE vps_budget SET debt = debt + %s, acts = acts + %s WHERE token_id =
    (SELECT token_id FROM vps_budget WHERE token_id = %s FOR UPDATE SKIP LOCKED)
    AND set_config('synchronous_commit', 'off', true) = 'off'"""


def count_calls(token_id: UUID, calls: int = 1) -> None:
    """Before they are made. Where the row is locked for longer than a moment, or the database fails, they are made all
    the same, and the log says that they were not counted."""
    try:
        if any(_count(token_id, calls) for _try in range(TRIES)):
            return
        logger.warning("%d calls of a person were not counted: the budget was locked", calls)
    except DatabaseError as error:
        logger.warning("%d calls of a person were not counted: %s", calls, error)


def _count(token_id: UUID, calls: int) -> bool:
    if _add(token_id, calls):
        return True
    if Budget.objects.filter(pk=token_id).exists():
        time.sleep(PAUSE_SECONDS)
        return False
    begin([token_id])
    return _add(token_id, calls)


def _add(token_id: UUID, calls: int) -> bool:
    """In one statement, as a person waits for it; false where the row is locked, or is not there."""
    if not connection.features.has_select_for_update_skip_locked:
        return bool(Budget.objects.filter(pk=token_id).update(debt=F("debt") + calls, acts=F("acts") + calls))
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [calls, calls, token_id])
        return bool(cursor.rowcount)


def note_refusal(grant: Grant, retry_after: float | None) -> None:
    """A person's call was answered 429: the checks wait, and the person may try again. A row that a collector holds
    just now is left alone: its own next call tells it the same."""
    try:
        with transaction.atomic():
            budgets = lock([grant.token_id], skip_locked=True)
            fresh = [budget for budget in budgets if refuse(budget, retry_after)]
            write(budgets)
        if fresh:
            back_off_together()
    except DatabaseError as error:
        logger.warning("a 429 to a person's call was not noted: %s", error)


@transaction.atomic
def begin_anew(token_id: UUID, calls: int, rates: Iterable[Rate]) -> None:
    """A token was added or replaced: what is known of its allowance is what those calls told that tried it."""
    Budget.objects.filter(pk=token_id).delete()
    for budget in lock([token_id]):
        for rate in rates:
            budget.pace.learn(rate, budget.at)
            budget.note(rate, budget.at)
        budget.pace.spend(calls, budget.at)
        write([budget])
    Budget.objects.filter(pk=token_id).update(acts=calls)
