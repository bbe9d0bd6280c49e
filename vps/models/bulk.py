import uuid

from django.conf import settings
from django.db import models

from .action import PowerAction
from .machine import Machine


class Bulk(models.Model):
    """One command for many machines at once; each is an action of its own.

    Nothing is sent before `confirmed_at`, and no more are begun after `stopped_at`, nor until `paused_until`, which
    is set when the provider wants fewer calls or answers none: `paused_for` is why, the code of an error. `pace` is
    how many are asked at the same time.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    command = models.CharField(max_length=8, choices=PowerAction.Command.choices)
    made_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    paused_for = models.CharField(max_length=32, default="")
    pace = models.PositiveSmallIntegerField(default=8)

    def __str__(self) -> str:
        return f"{self.command} of many, at {self.made_at}"


class BulkItem(models.Model):
    """One machine of a bulk, in its place. `reason`: a short word for why it was left out; `taken_at`: when a process
    last took it to press its button."""

    class State(models.TextChoices):
        WAITING = "waiting"
        TAKEN = "taken"
        PRESSED = "pressed"
        LEFT_OUT = "left_out"

    bulk = models.ForeignKey(Bulk, models.CASCADE, related_name="items")
    machine = models.ForeignKey(Machine, models.CASCADE, related_name="+")
    place = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    taken_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=32, default="")
    action = models.ForeignKey(PowerAction, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint("bulk", "machine", name="one_item_per_bulk_and_machine"),
        ]

    def __str__(self) -> str:
        return f"{self.machine_id}: {self.state}"
