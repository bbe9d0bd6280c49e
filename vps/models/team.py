import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from .token import NAME_LENGTH, Token

EMAIL_LENGTH = 254
HASH_LENGTH = 64  # of a key's SHA-256, in hex


class Role(models.IntegerChoices):
    """What a member may do; a higher one may all that a lower one may."""

    VIEWER = 1, "viewer"
    OPERATOR = 2, "operator"
    ADMIN = 3, "admin"


class Team(models.Model):
    """People who share machines."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=NAME_LENGTH)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """One person in one team. Who comes back is a new member."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="members", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.PositiveSmallIntegerField(choices=Role.choices)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["since", "id"]
        constraints = [models.UniqueConstraint("team", "person", name="one_member_per_team_and_person")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.team_id}: {Role(self.role).label}"


class Share(models.Model):
    """One token, for one project, opened to one team by its owner, who is the member: it goes with the membership."""

    token = models.ForeignKey(Token, models.CASCADE, related_name="shares", db_index=False)
    project = models.CharField(max_length=64)
    team = models.ForeignKey(Team, models.CASCADE, related_name="shares")
    member = models.ForeignKey(Member, models.CASCADE, related_name="shares")
    shared_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["project", "id"]
        constraints = [
            models.UniqueConstraint("token", "project", "team", name="one_share_per_token_project_team")
        ]

    def __str__(self) -> str:
        return f"{self.token_id} for {self.project} opened to {self.team_id}"


class Invitation(models.Model):
    """A link into a team with a fixed role, good for one person until `expires_at`. Its key is stored hashed.

    `made_by` is the admin who made it; it is worth no more than they are when it is used. The names are kept, since
    both people may go.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="invitations")
    key_hash = models.CharField(max_length=HASH_LENGTH, unique=True)
    role = models.PositiveSmallIntegerField(choices=Role.choices)
    email = models.CharField(max_length=EMAIL_LENGTH, default="", blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_by_name = models.CharField(max_length=150)
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by_name = models.CharField(max_length=150, default="", blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at", "id"]

    def __str__(self) -> str:
        return f"into {self.team_id} as {Role(self.role).label}"


class WallLink(models.Model):
    """A read-only link to a team's board, for a screen that nobody signs in at. Its key is stored hashed.

    `seen_at` is right to a minute. Until `revoked_at` it shows what the team's shares show.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="walls")
    name = models.CharField(max_length=NAME_LENGTH)
    key_hash = models.CharField(max_length=HASH_LENGTH, unique=True)
    made_by_name = models.CharField(max_length=150)
    made_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["made_at", "id"]
        constraints = [
            models.UniqueConstraint(
                "team", "name", condition=Q(revoked_at=None), name="one_wall_name_per_team"
            )
        ]

    def __str__(self) -> str:
        return self.name
