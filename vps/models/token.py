import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from vps import crypto

NAME_LENGTH = 80
SAID_LENGTH = 300


class Token(models.Model):
    """A person's API token at the provider: sealed, never shown again.

    `refused_at` is when the provider began to answer 401 to it; `said` is what it said then. `expires_at` is what
    a JWT says of itself: a hint, never relied upon. `last_used_at` is right to a minute.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=NAME_LENGTH)
    sealed = models.BinaryField()
    added_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    said = models.CharField(max_length=SAID_LENGTH, default="")

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [models.UniqueConstraint("owner", "name", name="one_name_per_owner")]

    def __str__(self) -> str:
        return self.name

    @property
    def bound_to(self) -> str:
        """What the seal is bound to: this row and its owner."""
        return f"token/{self.pk}/{self.owner_id}"

    def seal(self, plain: str) -> None:
        self.sealed = crypto.seal(plain, self.bound_to)


class TokenProject(models.Model):
    """A project that a token was given for, and how its machines are known."""

    class How(models.TextChoices):
        LISTED = "listed"
        HAND = "hand"
        REFUSED = "refused"

    token = models.ForeignKey(Token, models.CASCADE, related_name="projects")
    project = models.CharField(max_length=64)
    how = models.CharField(max_length=8, choices=How.choices)
    said = models.CharField(max_length=SAID_LENGTH, default="")
    problem = models.CharField(max_length=16, default="")
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ["project"]
        constraints = [models.UniqueConstraint("token", "project", name="one_row_per_token_and_project")]

    def __str__(self) -> str:
        return self.project


class Ability(models.Model):
    """What a token was seen to be allowed, or refused; no row means that it was not tried."""

    class Operation(models.TextChoices):
        READ = "read"
        POWER = "power"
        CONSOLE = "console"

    token = models.ForeignKey(Token, models.CASCADE, related_name="abilities")
    operation = models.CharField(max_length=8, choices=Operation.choices)
    allowed = models.BooleanField()
    since = models.DateTimeField()
    said = models.CharField(max_length=SAID_LENGTH, default="")

    class Meta:
        constraints = [models.UniqueConstraint("token", "operation", name="one_row_per_token_and_operation")]

    def __str__(self) -> str:
        return f"{self.operation}: {self.allowed}"
