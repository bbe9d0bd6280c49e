from django.db import models
from django.db.models.functions import Now


class Machine(models.Model):
    """One virtual machine at the provider, unique by (project, product).

    Name and addresses come from the project's listing, and are empty where no token may list. `described_at`
    is when they last changed: who was refused before that may not see them. `missed` counts the listings in a row
    that did not hold it. `login` is what is known of its default login, and since when: "" nothing, `held` the provider
    still told it, `gone` it does no longer. "" with a `login_at`: clearing was asked for then, and no answer is known.
    """

    class Login(models.TextChoices):
        UNKNOWN = ""
        HELD = "held"
        GONE = "gone"

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

    class Meta:
        constraints = [models.UniqueConstraint("project", "product", name="one_row_per_project_and_product")]

    def __str__(self) -> str:
        return self.name or self.product
