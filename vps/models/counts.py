from django.db import models


class CallCount(models.Model):
    """How many calls the collectors made with a token, since ever: by outcome, and by how long they took.

    `outcome` is "ok" or the code of the error. `bucket`: the calls took at most so many milliseconds, and longer than
    the next smaller one; 0 for what took longer than all. `seconds` is their sum. Not tied to the token's row: a
    token may be forgotten while its last call is under way.
    """

    token_id = models.UUIDField()
    outcome = models.CharField(max_length=32)
    bucket = models.PositiveIntegerField()
    calls = models.BigIntegerField()
    seconds = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "token_id", "outcome", "bucket", name="one_count_per_token_outcome_bucket"
            )
        ]

    def __str__(self) -> str:
        return f"{self.calls} × {self.outcome}"


class CollectorBeat(models.Model):
    """One row: when any collector was last alive, by the database's clock."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_beat_row")]

    def __str__(self) -> str:
        return str(self.at)
