from django.conf import settings
from django.db import models


class Interest(models.Model):
    """Somebody looks at these machines: a person, in one view of the board or on one machine's page.

    `machines` holds their ids, `mark` a hash of them: who has read the machines of a mark once knows them. `seen_at`,
    by the database's clock, is right to half a minute.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    view = models.CharField(max_length=32)
    mark = models.CharField(max_length=32)
    machines = models.JSONField()
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint("person", "view", name="one_interest_per_person_and_view")]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.view}"
