"""Whether a person proved lately that it is they who sit there."""

import time

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext as _


def confirmed_recently(request: HttpRequest) -> bool:
    """By confirming it, or by signing in in this browser: within the last ACCOUNT_REAUTHENTICATION_TIMEOUT seconds, by
    whatever factor."""
    earliest = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    return any(record["at"] > earliest for record in get_authentication_records(request, request.user))


def to_the_gate(request: HttpRequest) -> HttpResponseRedirect:
    """To where one says who one is, and back to this page by GET: what was sent is neither kept nor repeated."""
    messages.info(request, _("Say who you are first: what comes next changes how you sign in."))
    query = urlencode({"next": request.path})
    return HttpResponseRedirect(f"{resolve_url('account_reauthenticate')}?{query}")
