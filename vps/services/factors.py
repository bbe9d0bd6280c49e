"""What is kept of second factors: their secrets, sealed for one person, and the time step of the last one-time code."""

import base64
import binascii
from typing import Any

from django.apps import apps
from django.db.models import QuerySet

from vps import crypto
from vps.models import SecondFactor

STORED = ("mfa", "Authenticator")
SECRETS = {"totp": "secret", "recovery_codes": "seed"}  # what each kind of row calls its own


def seal_for(person_id: int, plain: str) -> str:
    """As text, for that person alone: in somebody else's row it does not open."""
    return base64.b64encode(crypto.seal(plain, _bound_to(person_id))).decode()


def open_for(person_id: int, sealed: str) -> str:
    """Raises crypto.SealBroken."""
    return crypto.unseal(_raw(sealed), _bound_to(person_id))


def is_current(sealed: str) -> bool:
    """Whether the present key sealed it."""
    return crypto.key_id(_raw(sealed)) == crypto.current_key_id()


def take_step(person_id: int, step: int) -> bool:
    """Uses up a one-time code's time step, and all before it. False where that was done already: of those who come
    with the same code, by whatever process, one gets it."""
    SecondFactor.objects.get_or_create(person_id=person_id)
    steps = SecondFactor.objects.filter(person_id=person_id, last_counter__lt=step)
    return steps.update(last_counter=step) == 1


def held_factors() -> QuerySet[Any]:
    """What people prove who they are with. Recovery codes alone are none."""
    rows: QuerySet[Any] = _model().objects.exclude(type="recovery_codes")
    return rows


def forget_factors(person_id: int) -> None:
    """All of a person's, recovery codes too; what is asked of them begins anew."""
    _model().objects.filter(user_id=person_id).delete()
    SecondFactor.objects.filter(person_id=person_id).delete()


def stored_factors() -> QuerySet[Any]:
    """The rows of django-allauth that hold secrets of ours."""
    rows: QuerySet[Any] = _model().objects.filter(type__in=SECRETS).order_by("pk")
    return rows


def _model() -> Any:
    return apps.get_model(*STORED)


def _bound_to(person_id: int) -> str:
    return f"second factor of person {person_id}"


def _raw(sealed: str) -> bytes:
    try:
        return base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        return b""  # which is too short to open, and is said so
