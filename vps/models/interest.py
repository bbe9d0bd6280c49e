from django.conf import settings
from django.db import models
from django.db.models import Q

from .team import WallLink


class Interest(models.Model):
    """Somebody looks at these machines: a person, in one view of the board or on one machine's page, or a wall.

    `machines` holds their ids, `mark` a hash of them: who has read the machines of a mark once knows them. `seen_at`,
    by the database's clock, is right to half a minute.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    wall = models.ForeignKey(WallLink, models.CASCADE, null=True, related_name="+")
    view = models.CharField(max_length=32)
    mark = models.CharField(max_length=32)
    machines = models.JSONField()
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("person", "view", name="one_interest_per_person_and_view"),
            models.UniqueConstraint("wall", "view", name="one_interest_per_wall_and_view"),
            models.CheckConstraint(
                condition=Q(person=None, wall__isnull=False) | Q(person__isnull=False, wall=None),
                name="a_person_or_a_wall_looks",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.view}"
