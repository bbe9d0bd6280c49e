from django.conf import settings
from django.db import models
from django.db.models.functions import Now

NOTES_LENGTH = 4000
TAG_LENGTH = 32


class Machine(models.Model):
    """One virtual machine at the provider, unique by (project, product).

    Name and addresses come from the project's listing, and are empty where no token may list. `described_at`
    is when they last changed: who was refused before that may not see them. `missed` counts the listings in a row
    that did not hold it. `login` is what is known of its default login, and since when: "" nothing, `held` the provider
    still told it, `gone` it does no longer. "" with a `login_at`: clearing was asked for then, and no answer is known.

    The rest is said by people: `protected` machines are acted on by admins and token owners alone, `expected` is the
    state that it should be in ("" nobody said), `keeper` the person who looks after it, `notes` plain text.
    """

    class Login(models.TextChoices):
        UNKNOWN = ""
        HELD = "held"
        GONE = "gone"

    class Expected(models.TextChoices):
        NOT_SAID = ""
        ON = "on"  # always
        ANY = "any"  # may be off
        OFF = "off"

    project = models.CharField(max_length=64)
    product = models.CharField(max_length=64)
    name = models.CharField(max_length=200, default="")
    ipv4 = models.CharField(max_length=64, default="")
    ipv6 = models.CharField(max_length=64, default="")
    listed_status = models.CharField(max_length=64, default="")
    described_at = models.DateTimeField(null=True)
    first_seen = models.DateTimeField(db_default=Now())
    missed = models.PositiveSmallIntegerField(default=0)
    login = models.CharField(max_length=8, choices=Login.choices, default=Login.UNKNOWN, blank=True)
    login_at = models.DateTimeField(null=True)
    protected = models.BooleanField(default=False)
    expected = models.CharField(max_length=4, choices=Expected.choices, default=Expected.NOT_SAID, blank=True)
    keeper = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    notes = models.TextField(max_length=NOTES_LENGTH, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("project", "product", name="one_row_per_project_and_product")]

    def __str__(self) -> str:
        return self.name or self.product


class Tag(models.Model):
    """A word on a machine, in lower case: everyone who sees the machine sees it, and may search for it."""

    machine = models.ForeignKey(Machine, models.CASCADE, related_name="tags", db_index=False)
    name = models.CharField(max_length=TAG_LENGTH, db_index=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint("machine", "name", name="one_tag_per_machine_and_name")]

    def __str__(self) -> str:
        return self.name
