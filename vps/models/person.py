import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from .team import HASH_LENGTH


class SigninLink(models.Model):
    """A link by which a person sets a password and signs in, once, until `expires_at`. Its key is stored hashed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key_hash = models.CharField(max_length=HASH_LENGTH, unique=True)
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"for {self.person_id}"


class SecondFactor(models.Model):
    """What guards a person's one-time codes: `last_counter` is the time step of the last one that was accepted, so
    that no code is good twice, in whatever process. `asked_since`: since when a second factor is required of them."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="second_factor"
    )
    last_counter = models.BigIntegerField(default=-1)
    asked_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"of {self.person_id}"
