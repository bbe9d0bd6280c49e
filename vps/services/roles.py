"""Roles in words."""

from django.utils.translation import gettext_lazy

from vps.models import Role

__all__ = ["ROLES", "ROLE_WORDS", "Role"]

ROLE_WORDS = {
    Role.VIEWER: gettext_lazy("Viewer"),
    Role.OPERATOR: gettext_lazy("Operator"),
    Role.ADMIN: gettext_lazy("Admin"),
}
ROLES = [
    (Role.VIEWER, gettext_lazy("Viewer: sees the machines")),
    (Role.OPERATOR, gettext_lazy("Operator: also power, console, tags and notes")),
    (Role.ADMIN, gettext_lazy("Admin: also default logins, protection and the team")),
]
