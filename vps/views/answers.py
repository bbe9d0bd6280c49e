from collections.abc import Callable, Sequence

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

MOST_NAMED = 12  # in one sentence


class SignedIn(HttpRequest):
    """A request as our views get it: the middleware let nobody through who is not signed in."""

    user: User
    htmx: HtmxDetails
    confirmed_recently: Callable[[], bool]


class _SeeOther(HttpResponseRedirect):
    status_code = 303


def name_some(names: Sequence[str]) -> str:
    """A dozen of them, and how many more there are, for a sentence."""
    named = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return _("%(names)s and %(more)d more") % {"names": named, "more": more} if more > 0 else named


def see_other(to: str, *args: object) -> HttpResponseRedirect:
    """After a POST: the browser GETs that page, so that loading it again repeats nothing."""
    return _SeeOther(resolve_url(to, *args))
