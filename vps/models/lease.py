import uuid

from django.db import models
from django.db.models.functions import Now

from .machine import Machine


class Collector(models.Model):
    """A collector that runs: one row for each process and each of its lives, told apart by `id`.

    `ends_at`, by the database's clock, is put off every 2 s. Whoever finds it over deletes the row, and with it all
    that its leases were worth; a process that was paused so long begins a new life. `host` and `pid` are for people.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["started_at", "id"]

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class Lease(models.Model):
    """Which collector asks a machine: good while its holder's row is there. `fence` grows with each claim, so that a
    late writer, who knows an older one, is refused.

    The database does not watch `holder`: a holder that is gone holds nothing.
    """

    machine = models.OneToOneField(Machine, models.CASCADE, primary_key=True, related_name="lease")
    holder = models.ForeignKey(
        Collector, models.DO_NOTHING, null=True, related_name="leases", db_constraint=False
    )
    fence = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.machine_id}: {self.holder_id}"
