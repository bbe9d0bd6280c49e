from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from vps.forms import AddTokenForm
from vps.services.token_rows import list_tokens
from vps.services.tokens import NameTaken, Outcome, add_token
from vps.views.answers import SignedIn, see_other
from vps.views.confirmed import confirm_first


@require_safe
@never_cache
def tokens(request: SignedIn) -> HttpResponse:
    return _page(request, AddTokenForm())


@sensitive_post_parameters("token")
@sensitive_variables()
@require_POST
@never_cache
def token_add(request: SignedIn) -> HttpResponse:
    """Tries the token at the provider and saves it if some project answers; else says why, and keeps what was typed;
    nothing of it for who has not said lately who they are."""
    if gate := confirm_first(request, resolve_url("tokens"), _("Say who you are, then add the token.")):
        return gate
    form = AddTokenForm(request.POST)
    outcome = _add(request, form) if form.is_valid() else None
    if outcome is None:
        return _page(request, form)
    if not outcome.saved:
        wanted = any(trial.needs_machine for trial in outcome.trials)
        return _page(request, form, outcome=outcome, hand_wanted=wanted)
    messages.success(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
    say_outcome(request, outcome)
    return see_other("token", outcome.token_id)


@sensitive_variables()
def _add(request: SignedIn, form: AddTokenForm) -> Outcome | None:
    data = form.cleaned_data
    given = {"projects": data["projects"], "hands": data["machines"]}
    try:
        return add_token(request.user, name=data["name"], secret=data["token"], **given)
    except NameTaken:
        form.add_error("name", _("You have a token of that name already."))
        return None


def say_outcome(request: SignedIn, outcome: Outcome) -> None:
    """What each project answered, for the next page."""
    for sentence, good in outcome.told:
        (messages.success if good else messages.warning)(request, sentence)


def _page(request: SignedIn, form: AddTokenForm, **more: Any) -> HttpResponse:
    context = {"tokens": list_tokens(request.user), "form": form, **more}
    return render(request, "vps/tokens.html", context)
