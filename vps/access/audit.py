"""Which audit lines a person may read: product.md's "Audit lines"."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from vps.models import AuditEvent, Code, Member, Role
from vps.models.audit import OF_INSTALLATION

from .seeing import visible_machines


def _codes_of(*groups: str) -> frozenset[str]:
    return frozenset(code.value for code in Code if code.group in groups)


ALL_CODES = frozenset(code.value for code in Code)
MACHINE_CODES = _codes_of("power", "login", "console", "machine")
TOKEN_CODES = _codes_of("power", "login", "console", "token", "share")
TEAM_CODES = _codes_of("team", "member", "invitation", "share", "wall")
INSTALLATION_CODES = _codes_of("person", "signin")


@dataclass(frozen=True)
class Wanted:
    """Which of the lines are asked for; what is left out is open. `person`: a user name; `codes`: any of these."""

    person: str = ""
    machine: tuple[str, str] | None = None
    team: UUID | None = None
    codes: frozenset[str] | None = None
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def condition(self) -> Q:
        """Of the lines, in columns that have an index where there may be many."""
        asked = Q()
        if self.person:
            people = get_user_model().objects.filter(username__iexact=self.person)
            asked &= Q(person_id__in=list(people.values_list("pk", flat=True)))
        if self.machine:
            asked &= Q(project=self.machine[0], product=self.machine[1])
        if self.codes is not None:
            asked &= Q(code__in=sorted(self.codes))
        named = {"team_id": self.team, "outcome": self.outcome, "at__gte": self.since, "at__lt": self.until}
        return asked & Q(**{column: value for column, value in named.items() if value})


def visible_events(user: AbstractUser) -> QuerySet[AuditEvent]:
    """Every line that this person may read. The newest of a million are found by `newest_events`."""
    here = visible_machines(user).filter(project=OuterRef("project"), product=OuterRef("product"))
    heard = Q(granted=True) | Q(refused_at=None) | Q(refused_at__gte=OuterRef("at"))
    parts = [
        *(part for _codes, part in own_parts(user)),
        Q(Exists(here.filter(heard)), code__in=MACHINE_CODES),
    ]
    return AuditEvent.objects.filter(reduce(or_, parts))


def own_parts(user: AbstractUser) -> Iterator[tuple[frozenset[str], Q]]:
    """What one may read but for the lines of machines: what one did, what was done with one's tokens, what happened in
    the teams that one leads, and to people and their signing in where one administers the installation. With each, the
    codes that it can hold."""
    yield ALL_CODES, Q(person_id=user.pk)
    yield TOKEN_CODES, Q(token_owner_id=user.pk)
    led = Member.objects.filter(person_id=user.pk, role=Role.ADMIN).order_by()
    if teams := list(led.values_list("team_id", flat=True)):
        yield TEAM_CODES, Q(team_id__in=teams)
    if user.is_superuser:
        yield INSTALLATION_CODES, OF_INSTALLATION
