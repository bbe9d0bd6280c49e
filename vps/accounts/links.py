"""The link by which somebody sets a password and signs in: exchanged at once for an address without its key."""

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from vps.accounts.forms import NewPasswordForm
from vps.services.signin_links import LinkOver, hash_of, link_person, use_link

HELD = "signin_link"  # in the session: the hash of the link's key
HELD_SECONDS = 3600  # where that is all that the session is for


@login_not_required
@require_safe
@never_cache
@sensitive_variables()
def open_link(request: HttpRequest, key: str) -> HttpResponse:
    """Keeps the hash of a good key in the session: a new one, or that of who is signed in, until they use the link. An
    unknown key makes none.

    This answer alone says `no-referrer`: on the page with the form it would make browsers send `Origin: null`, which is
    refused.
    """
    key_hash = hash_of(key)
    try:
        link_person(key_hash)
    except LinkOver:
        return _over(request)
    if not request.user.is_authenticated:
        request.session.cycle_key()
        request.session.set_expiry(HELD_SECONDS)
    request.session[HELD] = key_hash
    response = redirect("signin_link_set")
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@login_not_required
@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def set_password(request: HttpRequest) -> HttpResponseBase:
    """Asks for a new password, and signs in with it."""
    key_hash = request.session.get(HELD, "")
    try:
        person = link_person(key_hash)
        form = NewPasswordForm(person, request.POST or None)
        if form.is_valid():
            return _sign_in(request, use_link(key_hash, form.cleaned_data["new_password1"]))
    except LinkOver:
        request.session.pop(HELD, None)
        return _over(request)
    return render(request, "account/link.html", {"form": form, "person": person})


def _sign_in(request: HttpRequest, person: User) -> HttpResponseBase:
    """As after the sign-in page: who has a second factor is asked for it."""
    request.session.flush()
    login = Login(user=person)
    answer: HttpResponseBase = perform_password_login(request, {"username": person.username}, login)
    return answer


def _over(request: HttpRequest) -> HttpResponse:
    return render(request, "account/link_over.html", status=404)
