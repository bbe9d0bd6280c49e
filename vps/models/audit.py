from django.db import models

# As the index says it, so must a query that is to use it.
OF_INSTALLATION = models.Q(code__startswith="person.") | models.Q(code__startswith="signin.")
TROUBLES = ["failed", "gone", "last_seen", "unknown"]  # outcomes that are rare, and looked for


class AuditEvent(models.Model):
    """One line of who did what to what, with what outcome.

    Plain values and no foreign keys: a line outlives all that it names. `code` is a Code;
    `detail` holds a few short texts and numbers more, never a secret. Triggers of the database (migration 0009) refuse
    to change or delete a line: on SQLite, a migration that alters this table must make them anew.
    """

    at = models.DateTimeField()
    code = models.CharField(max_length=32)
    outcome = models.CharField(max_length=16, default="", blank=True)
    person_id = models.BigIntegerField(null=True)
    person = models.CharField(max_length=150, default="")
    project = models.CharField(max_length=64, default="")
    product = models.CharField(max_length=64, default="")
    machine = models.CharField(max_length=200, default="")
    token_id = models.UUIDField(null=True)
    token = models.CharField(max_length=80, default="")
    token_owner_id = models.BigIntegerField(null=True)
    token_owner = models.CharField(max_length=150, default="")
    team_id = models.UUIDField(null=True)
    team = models.CharField(max_length=80, default="")
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(models.F("at").desc(), name="audit_newest_first"),
            models.Index("project", "product", models.F("at").desc(), name="audit_by_machine"),
            models.Index("person_id", models.F("at").desc(), name="audit_by_person"),
            models.Index("team_id", models.F("at").desc(), name="audit_by_team"),
            models.Index("token_owner_id", models.F("at").desc(), name="audit_by_token_owner"),
            models.Index("code", models.F("at").desc(), name="audit_by_code"),
            models.Index(models.F("at").desc(), name="audit_of_installation", condition=OF_INSTALLATION),
            models.Index(
                "outcome",
                models.F("at").desc(),
                name="audit_of_troubles",
                condition=models.Q(outcome__in=TROUBLES),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.outcome} by {self.person or 'the panel'}".replace("  ", " ")
