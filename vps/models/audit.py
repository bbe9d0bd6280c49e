from django.db import models


class AuditEvent(models.Model):
    """One line of who did what to what, with what outcome.

    Plain values and no foreign keys: a line outlives all that it names. `code` is one of `services.audit.Code`;
    `detail` holds a few short texts and numbers more, never a secret.
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
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.outcome} by {self.person or 'the panel'}".replace("  ", " ")
