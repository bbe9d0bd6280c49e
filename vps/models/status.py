from django.db import models

from .action import PowerAction
from .machine import Machine
from .token import SAID_LENGTH


class Status(models.Model):
    """What the provider last said of a machine, and when we heard it; the board reads nothing else.

    `word` is the provider's status word as it came, "" before the first answer. `problem` says why the last check
    told nothing; then the figures are those of `heard_at`. `said` is the provider's text about that, for the owner of
    the token `said_to` alone. Percentages are as shown, in steps of 5. `spark` holds at most 20 CPU percentages, a
    point for each 3 minutes, the newest last, null where nothing was heard. `due_at` is when the next check is
    expected, `late_at` when its absence means that the collector is late. `interval` is how often it is checked now,
    and `wanted` how often it would be if the provider allowed it; in seconds. `last_action` is the newest power action.
    `revision` grows with each change that a card shows.
    """

    class Problem(models.TextChoices):
        NONE = ""
        UNREACHABLE = "unreachable"
        REFUSED = "refused"
        LIMITED = "limited"
        UNREADABLE = "unreadable"
        GONE = "gone"

    machine = models.OneToOneField(Machine, models.CASCADE, primary_key=True, related_name="status")
    word = models.CharField(max_length=64, default="")
    problem = models.CharField(max_length=16, choices=Problem.choices, default=Problem.NONE, blank=True)
    reason = models.CharField(max_length=32, default="")
    said = models.CharField(max_length=SAID_LENGTH, default="")
    said_to = models.UUIDField(null=True)
    since = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    late_at = models.DateTimeField()
    interval = models.FloatField()
    wanted = models.FloatField(default=10.0)
    booted_at = models.DateTimeField(null=True)
    cpu = models.PositiveSmallIntegerField(null=True)
    memory = models.PositiveSmallIntegerField(null=True)
    disk = models.PositiveSmallIntegerField(null=True)
    agent = models.BooleanField(null=True)
    version = models.CharField(max_length=64, default="")
    cpus = models.BigIntegerField(null=True)
    memory_total = models.FloatField(null=True)
    maxdisk = models.BigIntegerField(null=True)
    spark = models.JSONField(default=list)
    spark_at = models.DateTimeField(null=True)
    last_action = models.ForeignKey(PowerAction, models.SET_NULL, null=True, related_name="+")
    revision = models.BigIntegerField(default=0, db_index=True)

    class Meta:
        verbose_name_plural = "statuses"

    def __str__(self) -> str:
        return self.problem or self.word or "not seen yet"


class StateChange(models.Model):
    """A line of a machine's timeline: from `at` on, its state was another. The other fields are as in Status."""

    machine = models.ForeignKey(Machine, models.CASCADE, related_name="changes", db_index=False)
    at = models.DateTimeField()
    word = models.CharField(max_length=64, default="")
    problem = models.CharField(max_length=16, default="", blank=True)
    reason = models.CharField(max_length=32, default="")
    said = models.CharField(max_length=SAID_LENGTH, default="")
    said_to = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index("machine", models.F("at").desc(), name="changes_newest_first")]

    def __str__(self) -> str:
        return f"{self.machine_id}: {self.problem or self.word}"


class Reboot(models.Model):
    """A boot that no press of ours explains: at `booted_at`, after the machine was last heard running at
    `heard_before`. `found_at` is the check that told."""

    machine = models.ForeignKey(Machine, models.CASCADE, related_name="reboots", db_index=False)
    booted_at = models.DateTimeField()
    heard_before = models.DateTimeField()
    found_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("machine", models.F("found_at").desc(), name="reboots_newest_first")]

    def __str__(self) -> str:
        return f"{self.machine_id} booted at {self.booted_at}"
