"""The audit lines of signing in. What was typed is in none of them: people type passwords into the name's field."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from allauth.account.signals import user_logged_in
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from vps.accounts.lines import METHODS
from vps.services.audit import Code, record


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: User, **rest: Any) -> None:
    """Sent after the last step, the second factor too. If the line cannot be written, nobody is signed in: an answer
    that failed carries no session."""
    with transaction.atomic():
        record(Code.SIGNED_IN, person=user, address=_address(request), method=_means(request, user))


@receiver(user_login_failed)
def failed(credentials: dict[str, Any], request: HttpRequest | None = None, **rest: Any) -> None:
    """A wrong password at the sign-in page or where it is asked again; the counts of tries bound how many there are.
    Nobody's name if nobody has it."""
    with transaction.atomic():
        address = _address(request) if request else ""
        record(Code.SIGNIN_FAILED, outcome="failed", person=_meant(credentials), address=address)


def _means(request: HttpRequest, user: User) -> str:
    """password, passkey, or password with totp, recovery or passkey."""
    used = [record.get("type", record["method"]) for record in get_authentication_records(request, user)]
    return " and ".join(dict.fromkeys(METHODS.get(each, each) for each in used))


def _meant(credentials: dict[str, Any]) -> User | None:
    name, email = credentials.get("username"), credentials.get("email")
    known = get_user_by_username(name) if name else None
    if known is None and email:
        known = next(iter(filter_users_by_email(email, for_login=True)), None)
    return known if isinstance(known, User) else None


def _address(request: HttpRequest) -> str:
    return str(get_adapter(request).get_client_ip(request))
