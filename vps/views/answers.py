from collections.abc import Callable

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django_htmx.middleware import HtmxDetails


class SignedIn(HttpRequest):
    """A request as our views get it: the middleware let nobody through who is not signed in."""

    user: User
    htmx: HtmxDetails
    confirmed_recently: Callable[[], bool]


class _SeeOther(HttpResponseRedirect):
    status_code = 303


def see_other(to: str, *args: object) -> HttpResponseRedirect:
    """After a POST: the browser GETs that page, so that loading it again repeats nothing."""
    return _SeeOther(resolve_url(to, *args))
