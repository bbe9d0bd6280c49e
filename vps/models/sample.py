from django.db import models

from .machine import Machine

RAW = 10
TIERS = (RAW, 60, 600, 7200)  # seconds; each is rolled up from the one before it


class Sample(models.Model):
    """One point of history. `tier` is its length in seconds as planned; the first tier is one check.

    `time` is its end: a check tells of the time before it, and a longer tier of the slot that ends then. Figures are
    null where nothing was heard; in longer tiers they are means over the time that was known, and `…_most` the highest.
    `up`, `down` and `unknown` are seconds, together never more than the slot; what is missing of it nobody knows.
    Units as in the provider's status: cpu and memory_percent in per cent, memory_used in MB, disk in bytes, uptime in
    seconds (of checks alone).
    """

    machine = models.ForeignKey(Machine, models.CASCADE, related_name="samples", db_index=False)
    tier = models.PositiveIntegerField(default=RAW)
    time = models.DateTimeField()
    cpu = models.FloatField(null=True)
    cpu_most = models.FloatField(null=True)
    memory_used = models.FloatField(null=True)
    memory_percent = models.FloatField(null=True)
    memory_most = models.FloatField(null=True)
    disk = models.BigIntegerField(null=True)
    uptime = models.BigIntegerField(null=True)
    up = models.FloatField(default=0)
    down = models.FloatField(default=0)
    unknown = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint("machine", "tier", "time", name="one_sample_per_machine_tier_time")
        ]
        indexes = [models.Index(fields=["tier", "time"])]

    def __str__(self) -> str:
        return f"{self.machine_id} at {self.time}"


class Tier(models.Model):
    """How far the work on a tier of samples has come. Of the first alone: every check up to the key `taken` is in the
    longer tiers; now those up to `taking` are taken, and the machines up to `machine` are done. `gone_until`: older
    samples of this tier may be deleted, so no slot is made anew from them."""

    seconds = models.PositiveIntegerField(primary_key=True)
    taken = models.BigIntegerField(default=0)
    taking = models.BigIntegerField(default=0)
    machine = models.BigIntegerField(default=0)
    gone_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.seconds} s"
