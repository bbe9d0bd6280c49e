"""Whether a person proved lately that it is they who sit there."""

import time

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.http import HttpRequest


def confirmed_recently(request: HttpRequest) -> bool:
    """By confirming it, or by signing in in this browser: within the last ACCOUNT_REAUTHENTICATION_TIMEOUT seconds."""
    if did_recently_reauthenticate(request):
        return True
    earliest = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    return any(record["at"] > earliest for record in get_authentication_records(request, request.user))
