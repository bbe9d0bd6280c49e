from django.db import models

from .machine import Machine
from .token import SAID_LENGTH, Token


class Access(models.Model):
    """The proof that a token may read a machine: the provider answered so, with that very token.

    `refused_at` is when the provider began to refuse this machine to this token (403); a refused token (401) refuses
    all of its machines. `proved_at` is right to a minute.
    """

    class How(models.TextChoices):
        LISTED = "listed"
        HAND = "hand"

    token = models.ForeignKey(Token, models.CASCADE, related_name="accesses")
    machine = models.ForeignKey(Machine, models.CASCADE, related_name="accesses")
    how = models.CharField(max_length=8, choices=How.choices)
    proved_at = models.DateTimeField()
    refused_at = models.DateTimeField(null=True)
    said = models.CharField(max_length=SAID_LENGTH, default="")

    class Meta:
        constraints = [models.UniqueConstraint("token", "machine", name="one_row_per_token_and_machine")]

    def __str__(self) -> str:
        return f"{self.token_id} reads {self.machine_id}"
