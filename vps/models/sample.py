from django.db import models

from .machine import Machine

RAW = 10


class Sample(models.Model):
    """One point of history. `tier` is its length in seconds as planned; the first tier is one check.

    Figures are null where nothing was heard. `up`, `down` and `unknown` are seconds, so that sums over longer
    tiers stay honest. Units as in the provider's status: cpu and memory_percent in per cent, memory_used in MB,
    disk in bytes, uptime in seconds.
    """

    machine = models.ForeignKey(Machine, models.CASCADE, related_name="samples", db_index=False)
    tier = models.PositiveIntegerField(default=RAW)
    time = models.DateTimeField()
    cpu = models.FloatField(null=True)
    memory_used = models.FloatField(null=True)
    memory_percent = models.FloatField(null=True)
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
