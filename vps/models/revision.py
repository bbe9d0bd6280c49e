from django.db import connection, models

NEXT = "UPDATE vps_revision SET value = value + 1 WHERE id = 1 RETURNING value"


class Revision(models.Model):
    """One counter row. Whoever changes what a board shows takes the next number inside the same transaction.

    The row stays locked until that transaction ends, so the order of the numbers is the order of the commits: a
    reader who knows all up to n has missed nothing.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_revision_row")]

    def __str__(self) -> str:
        return str(self.value)

    @classmethod
    def take(cls) -> int:
        """The next number. Must be called inside a transaction."""
        if not connection.in_atomic_block:
            raise RuntimeError("a revision is taken inside the transaction that it numbers")
        if (value := cls._next()) is None:
            Revision.objects.bulk_create([Revision(id=1, value=0)], ignore_conflicts=True)
            value = cls._next()
        return int(value or 0)

    @classmethod
    def _next(cls) -> int | None:
        """In one statement, as a press waits for it twice; None where there is no row yet."""
        with connection.cursor() as cursor:
            cursor.execute(NEXT)
            row = cursor.fetchone()
        return row[0] if row else None
