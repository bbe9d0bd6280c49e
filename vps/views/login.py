"""A machine's default login: its page, Reveal and Clear."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vps.services.logins import SHOWN_SECONDS, Outcome, clear_login, may_reveal, reveal_login, show_login
from vps.views.answers import SignedIn, see_other
from vps.views.confirmed import confirm_first

LEVELS = {"succeeded": messages.SUCCESS, "gone": messages.INFO, "failed": messages.ERROR}


@require_safe
@never_cache
def login(request: SignedIn, project: str, product: str) -> HttpResponse:
    page = show_login(request.user, project, product)
    return render(request, "vps/login.html", {"page": page, "confirmed": request.confirmed_recently()})


@sensitive_variables()
@require_POST
@never_cache
def login_reveal(request: SignedIn, project: str, product: str) -> HttpResponse:
    """The one answer that holds the password."""
    may_reveal(request.user, project, product)
    back = resolve_url("login", project, product)
    if gate := confirm_first(request, back, _("Say who you are, then press Reveal again.")):
        return gate
    revelation = reveal_login(request.user, project, product)
    if revelation.login is None:
        return _told(request, project, product, revelation.outcome)
    page = show_login(request.user, project, product)
    shown = {"page": page, "login": revelation.login, "seconds": SHOWN_SECONDS}
    return render(request, "vps/login.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def login_clear(request: SignedIn, project: str, product: str) -> HttpResponse:
    """Asks, in a page or for a dialog, then has the provider forget it."""
    if request.method == "POST":
        may_reveal(request.user, project, product)
        back = resolve_url("login_clear", project, product)
        if gate := confirm_first(request, back, _("Say who you are, then press Clear again.")):
            return gate
        outcome = clear_login(request.user, project, product, request.POST.get("seen", ""))
        return _told(request, project, product, outcome)
    template = "vps/_ask_login.html" if request.htmx else "vps/login_clear.html"
    return render(request, template, {"page": show_login(request.user, project, product)})


def _told(request: SignedIn, project: str, product: str, outcome: Outcome) -> HttpResponse:
    messages.add_message(request, LEVELS.get(outcome.word, messages.WARNING), outcome.sentence)
    return see_other("login", project, product)
