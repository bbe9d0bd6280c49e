"""What follows from a changed factor, in the transaction that changes it: a line for the audit, and the end of one's
other sessions."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from vps.services import audit
from vps.services.sessions import end_sessions

METHODS = {"totp": "totp", "webauthn": "passkey", "recovery_codes": "recovery"}


@receiver(post_save, sender=Authenticator)
def saved(instance: Authenticator, created: bool, **rest: Any) -> None:
    person = _oneself(instance)
    if not created or person is None:
        return
    if _method(instance) == "recovery":
        audit.record(audit.Code.RECOVERY_CODES_MADE, person=person, method="recovery")
    else:
        audit.record(audit.Code.FACTOR_ADDED, person=person, method=_method(instance))
        _end_others(person)


@receiver(post_delete, sender=Authenticator)
def deleted(instance: Authenticator, **rest: Any) -> None:
    person = _oneself(instance)
    if person is not None and _method(instance) != "recovery":
        audit.record(audit.Code.FACTOR_REMOVED, person=person, method=_method(instance))
        _end_others(person)


@receiver(authentication_failed)
def failed(request: HttpRequest, user: User, authenticator: Authenticator, **rest: Any) -> None:
    """A wrong code; the counts of tries bound how many there are."""
    address, method = str(get_adapter(request).get_client_ip(request)), _method(authenticator)
    with transaction.atomic():
        audit.record(audit.Code.SIGNIN_FAILED, outcome="failed", person=user, address=address, method=method)


def _end_others(person: User) -> None:
    """Whoever was signed in elsewhere signs in again, by what is asked for now."""
    if ended := end_sessions(person, but=context.request.session.session_key or ""):
        audit.record(audit.Code.SESSIONS_ENDED, person=person, sessions=ended)


def _method(factor: Authenticator) -> str:
    return METHODS[factor.type]


def _oneself(factor: Authenticator) -> User | None:
    """The person, where it is they who change their factor. Whoever else does writes a line of their own."""
    user = getattr(context.request, "user", None)
    return user if user is not None and user.pk == factor.user_id else None
