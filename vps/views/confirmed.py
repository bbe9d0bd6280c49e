"""Before what matters most, a person says once more that it is they who sit there."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from vps.views.answers import SignedIn, see_other


def confirm_first(request: SignedIn, back: str, sentence: str) -> HttpResponse | None:
    """None for who proved it lately, by whatever factor; else the answer that leads to where it is proved, and from
    there by GET to `back`, where one is asked again: nothing of this request is kept or repeated. `sentence` says what
    will then have to be pressed. Comes after the fetch with permission, and before anything is done."""
    if request.confirmed_recently():
        return None
    messages.info(request, sentence)
    gate = f"{resolve_url('account_reauthenticate')}?{urlencode({'next': back})}"
    return HttpResponseClientRedirect(gate) if request.htmx else see_other(gate)
