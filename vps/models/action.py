from django.conf import settings
from django.db import models
from django.db.models import Q

from .machine import Machine
from .token import NAME_LENGTH, SAID_LENGTH


class PowerAction(models.Model):
    """One press of a power button, its outcome, and what was observed after it.

    `state` is what became of the call: the row is committed as `requested` before anything is sent, and as `sent`
    before the connection is opened; at `answered_at` its outcome was known, or that nobody knows it. `observed` is what
    became of the machine: it is `watching` from the press on, until the wanted state was seen (`reached`, at
    `observed_at`) or `watch_until` is over; "" where nothing was done. `booted_before` is when the machine had booted,
    as far as that was known at the press.

    `reason` is the code of the provider's error, and its reason after a dot, if any; or why a sweep ended the row.
    `said` is the provider's text about it, for the owner of the token `token_id` alone. `uid`, `created` and `finished`
    are the provider's receipt, as it came. The names of person and token are kept, since both may go.
    """

    class Command(models.TextChoices):
        START = "start"
        STOP = "stop"
        REBOOT = "reboot"
        KILL = "kill"

    class State(models.TextChoices):
        REQUESTED = "requested"
        SENT = "sent"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        UNKNOWN = "unknown"

    class Observed(models.TextChoices):
        NONE = ""
        WATCHING = "watching"
        REACHED = "reached"
        NOT_REACHED = "not_reached"
        NOT_SEEN = "not_seen"

    machine = models.ForeignKey(Machine, models.CASCADE, related_name="actions", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    person_name = models.CharField(max_length=150)
    token_id = models.UUIDField()
    token_name = models.CharField(max_length=NAME_LENGTH)
    command = models.CharField(max_length=8, choices=Command.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.REQUESTED)
    observed = models.CharField(
        max_length=16, choices=Observed.choices, default=Observed.WATCHING, blank=True
    )
    nonce = models.CharField(max_length=64)
    requested_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    watch_until = models.DateTimeField(null=True)
    observed_at = models.DateTimeField(null=True)
    booted_before = models.DateTimeField(null=True)
    reason = models.CharField(max_length=64, default="")
    said = models.CharField(max_length=SAID_LENGTH, default="")
    http_status = models.PositiveSmallIntegerField(null=True)
    uid = models.CharField(max_length=200, default="")
    created = models.CharField(max_length=64, default="")
    finished = models.CharField(max_length=64, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint("machine", "nonce", name="one_action_per_press"),
            models.UniqueConstraint(
                "machine", condition=Q(state__in=["requested", "sent"]), name="one_open_action_per_machine"
            ),
            models.UniqueConstraint(
                "machine",
                "command",
                condition=Q(observed="watching"),
                name="one_of_a_command_until_its_watch_ends",
            ),
        ]
        indexes = [
            models.Index("machine", models.F("requested_at").desc(), name="actions_newest_first"),
            models.Index("watch_until", condition=Q(observed="watching"), name="actions_watched"),
            models.Index("requested_at", condition=Q(answered_at=None), name="actions_unanswered"),
        ]

    def __str__(self) -> str:
        return f"{self.command} of {self.machine_id}: {self.state}"
