"""Whether somebody has to have a second factor, and until when they may go on without one."""

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.db.models import Exists, OuterRef
from django.utils import timezone

from vps.models import Member, Role, SecondFactor

HELD = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
ACTING = Member.objects.filter(person=OuterRef("pk"), role__gte=Role.OPERATOR)


def factor_due(person: AbstractBaseUser) -> datetime | None:
    """When the days of grace of this person end, or have ended; None for who has a factor or is not asked for one.
    They are counted from the first request by which they are asked."""
    if settings.REQUIRE_SECOND_FACTOR == "off":
        return None
    rows = User.objects.annotate(held=Exists(HELD), acting=Exists(ACTING)).filter(pk=person.pk)
    held, acting, admin, since = rows.values_list(
        "held", "acting", "is_superuser", "second_factor__asked_since"
    ).get()
    if held or not (acting or admin):
        return None
    return (since or _ask(person)) + timedelta(days=settings.REQUIRE_SECOND_FACTOR_DAYS)


def _ask(person: AbstractBaseUser) -> datetime:
    now = timezone.now()
    SecondFactor.objects.get_or_create(person_id=person.pk)
    SecondFactor.objects.filter(person_id=person.pk, asked_since=None).update(asked_since=now)
    return now
