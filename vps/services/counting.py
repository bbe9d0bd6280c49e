"""What the collectors count: the calls of each token, how they ended, how long they took, and that one is alive."""

import time
from collections import defaultdict
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from vps.models import CallCount, CollectorBeat, Token
from vps.services.asking import Answer
from vps.services.patience import AWAY
from vps.services.words import SEAL

WRITE_SECONDS = 5.0
OK = "ok"
BUCKETS = (50, 100, 250, 500, 1000, 2500, 5000)  # milliseconds
LONGER = 0
Key = tuple[UUID, str, int]

ADD = (
    "INSERT INTO vps_callcount (token_id, outcome, bucket, calls, seconds) VALUES (%s, %s, %s, %s, %s) "
    "ON CONFLICT (token_id, outcome, bucket) DO UPDATE "
    "SET calls = vps_callcount.calls + excluded.calls, seconds = vps_callcount.seconds + excluded.seconds"
)


class Counts:
    """Counts in memory, and adds to the database's counts every few seconds. A collector that is killed takes the
    counts of these seconds with it."""

    def __init__(self) -> None:
        self._calls: dict[Key, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
        self._written = float("-inf")

    def count(self, token_id: UUID, answer: Answer) -> None:
        if answer.error is not None and answer.error.reason == SEAL:
            return  # nothing was sent
        outcome = answer.error.code if answer.error is not None else OK
        key = (token_id, outcome, bucket_of(answer.took))
        calls, seconds = self._calls[key]
        self._calls[key] = calls + 1, seconds + answer.took

    def write_if_due(self) -> None:
        if time.monotonic() - self._written >= WRITE_SECONDS:
            self.write()

    def write(self) -> None:
        calls = dict(self._calls)
        self._calls.clear()
        try:
            write_counts(calls)
        except AWAY:
            self._calls.update(calls)  # the database is away: they are added when it is back
            raise
        finally:
            self._written = time.monotonic()


def bucket_of(took: float) -> int:
    """The bucket of a call that took so many seconds."""
    return next((bucket for bucket in BUCKETS if 1000 * took <= bucket), LONGER)


@transaction.atomic
def write_counts(calls: dict[Key, tuple[int, float]]) -> None:
    """Adds them, in the order of their keys: two collectors that add at once must not wait for each other."""
    CollectorBeat.objects.bulk_create(
        [CollectorBeat(id=1, at=Now())], update_conflicts=True, unique_fields=["id"], update_fields=["at"]
    )
    prepare = CallCount._meta.get_field("token_id").get_db_prep_value
    rows = [(prepare(key[0], connection), *key[1:], *calls[key]) for key in sorted(calls)]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(ADD, rows)
        CallCount.objects.exclude(
            token_id__in=Token.objects.values("pk")
        ).delete()  # tokens that were forgotten
