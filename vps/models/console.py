import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from .machine import Machine
from .token import NAME_LENGTH


class ConsoleSession(models.Model):
    """One person in one machine's console, from the first ticket to the end, whatever reconnects come between.

    `seen_at` is the page's last sign of life. `ended`: "" while it is open, `closed` when the page said so, `last_seen`
    when its signs of life ceased; `ended_at` is then the last of them.
    """

    class Ended(models.TextChoices):
        OPEN = ""
        CLOSED = "closed"
        LAST_SEEN = "last_seen"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    machine = models.ForeignKey(Machine, models.CASCADE, related_name="console_sessions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    person_name = models.CharField(max_length=150)
    token_id = models.UUIDField()
    token_name = models.CharField(max_length=NAME_LENGTH)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended = models.CharField(max_length=16, choices=Ended.choices, default=Ended.OPEN, blank=True)
    tickets = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index("seen_at", condition=Q(ended=""), name="consoles_open")]

    def __str__(self) -> str:
        return f"{self.person_name} in {self.machine_id}"
