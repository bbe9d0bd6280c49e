"""Which people may know of a machine."""

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from vps.models import Access, Machine, Share

from .seeing import visible_machines


def people_who_see(machine: Machine) -> QuerySet[User]:
    """Everybody on whose board the machine is, as `visible_machines` has it for each of them."""
    through = Access.objects.filter(machine=machine).values("token")
    shares = Share.objects.filter(project=machine.project, token__in=through)
    near = Q(tokens__in=through) | Q(memberships__team__in=shares.values("team"))
    people = User.objects.filter(near, is_active=True).distinct()
    return User.objects.filter(pk__in=[each.pk for each in people if _sees(each, machine)])


def _sees(person: User, machine: Machine) -> bool:
    return visible_machines(person).filter(pk=machine.pk).exists()
