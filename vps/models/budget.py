from django.db import models

from .token import Token


class Budget(models.Model):
    """How much one token may be used: one row for all the processes that use it. It holds no secret.

    Moments (`…_at`, `…_until`) are seconds since 1970 by the database's clock, 0 for never; spans are seconds.
    `per_second` calls are refilled for checks, nine tenths of what is allowed, and `saved` of them were left at
    `refilled_at`. `debt` are people's calls made since then, which the checks pay back; `acts` counts them all, and
    `calls` those drawn for checks. `limit`, `remaining` and `resets_at` are what the provider's headers told at
    `learnt_at`, null where they did not. `refused_at`: its last 429. Where nothing is answered, its checks have stopped
    since `broken_since`, but for one at `probe_at`, and `probe_wait` after it if that fails; `good_at`: its last
    answer. A token that is replaced begins anew, as `began_at` tells.
    """

    token = models.OneToOneField(Token, models.CASCADE, primary_key=True, related_name="budget")
    began_at = models.FloatField()
    per_second = models.FloatField()
    saved = models.FloatField()
    refilled_at = models.FloatField()
    debt = models.FloatField(default=0)
    calls = models.BigIntegerField(default=0)
    acts = models.BigIntegerField(default=0)
    limit = models.BigIntegerField(null=True)
    remaining = models.BigIntegerField(null=True)
    resets_at = models.FloatField(null=True)
    window = models.FloatField(default=0)
    learnt_at = models.FloatField(default=0)
    answered = models.BooleanField(default=False)
    blocked_until = models.FloatField(default=0)
    backoff = models.FloatField(default=0)
    refused_at = models.FloatField(default=0)
    broken_since = models.FloatField(default=0)
    probe_at = models.FloatField(default=0)
    probe_wait = models.FloatField(default=0)
    good_at = models.FloatField(default=0)

    def __str__(self) -> str:
        return f"{self.token_id}: {60 * self.per_second:.0f} checks a minute"
