from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vps.forms import MachineForm, NameForm, ProjectForm, SecretForm
from vps.services import shares, tokens
from vps.services.token_rows import TokenRow, get_token
from vps.views.answers import SignedIn, see_other
from vps.views.confirmed import confirm_first
from vps.views.tokens import say_outcome


@require_safe
@never_cache
def token(request: SignedIn, token_id: UUID) -> HttpResponse:
    return _page(request, get_token(request.user, token_id))


@require_POST
@never_cache
def token_rename(request: SignedIn, token_id: UUID) -> HttpResponse:
    row, form = get_token(request.user, token_id), NameForm(request.POST)
    if not form.is_valid():
        return _page(request, row, rename_form=form)
    try:
        tokens.rename_token(request.user, token_id, form.cleaned_data["name"])
    except tokens.NameTaken:
        form.add_error("name", _("You have a token of that name already."))
        return _page(request, row, rename_form=form)
    messages.success(request, _("It is called “%(name)s” now.") % {"name": form.cleaned_data["name"]})
    return see_other("token", token_id)


@sensitive_post_parameters("token")
@sensitive_variables()
@require_POST
@never_cache
def token_replace(request: SignedIn, token_id: UUID) -> HttpResponse:
    """Tries the new token first; one that no project answers to changes nothing."""
    row, form = get_token(request.user, token_id), SecretForm(request.POST)
    if gate := _confirm(request, token_id, _("Say who you are, then type the new token again.")):
        return gate
    if not form.is_valid():
        return _page(request, row, replace_form=form)
    outcome = tokens.replace_token(request.user, token_id, form.cleaned_data["token"])
    if not outcome.saved:
        return _page(request, row, replace_form=form, replace_outcome=outcome)
    messages.success(request, _("The token is replaced."))
    say_outcome(request, outcome)
    return see_other("token", token_id)


@require_POST
@never_cache
def token_check(request: SignedIn, token_id: UUID) -> HttpResponse:
    say_outcome(request, tokens.check_token(request.user, token_id))
    return see_other("token", token_id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def token_forget(request: SignedIn, token_id: UUID) -> HttpResponse:
    """Asks, then deletes the token."""
    row = get_token(request.user, token_id)
    if request.method == "POST":
        again = _("Say who you are, then press Forget it again.")
        if gate := confirm_first(request, resolve_url("token_forget", token_id), again):
            return gate
        tokens.forget_token(request.user, token_id)
        messages.success(request, _("“%(name)s” is forgotten.") % {"name": row.name})
        return see_other("tokens")
    leave = ngettext(
        "It shows %(n)d machine, which leaves your board unless another token of yours reads it too.",
        "It shows %(n)d machines, which leave your board unless another token of yours reads them too.",
        row.machines,
    )
    question = {
        "question": _("Forget the token “%(name)s”?") % {"name": row.name},
        "sentences": [
            leave % {"n": row.machines},
            _("At the provider it stays valid until you revoke it there."),
        ],
        "deed": _("Forget it"),
        "back": resolve_url("token", token_id),
    }
    return render(request, "vps/confirm.html", question)


@require_POST
@never_cache
def token_project_add(request: SignedIn, token_id: UUID) -> HttpResponse:
    row, form = get_token(request.user, token_id), ProjectForm(request.POST)
    if gate := _confirm(request, token_id, _("Say who you are; then add the project.")):
        return gate
    if not form.is_valid():
        return _page(request, row, project_form=form)
    data = form.cleaned_data
    outcome = tokens.add_project(request.user, token_id, data["project"], data["machine"])
    if not outcome.saved:
        return _page(request, row, project_form=form, project_outcome=outcome)
    say_outcome(request, outcome)
    return see_other("token", token_id)


@require_POST
@never_cache
def token_project_remove(request: SignedIn, token_id: UUID, project: str) -> HttpResponse:
    """Its shares with teams end, too."""
    get_token(request.user, token_id)
    if gate := _confirm(request, token_id, _("Say who you are; then press Remove again.")):
        return gate
    tokens.remove_project(request.user, token_id, project)
    messages.success(request, _("“%(project)s” is no longer asked for.") % {"project": project})
    return see_other("token", token_id)


@require_POST
@never_cache
def token_machine_add(request: SignedIn, token_id: UUID) -> HttpResponse:
    row, form = get_token(request.user, token_id), MachineForm(request.POST)
    if gate := _confirm(request, token_id, _("Say who you are; then add the machine.")):
        return gate
    if not form.is_valid():
        return _page(request, row, machine_form=form)
    data = form.cleaned_data
    outcome = tokens.add_machine(request.user, token_id, data["project"], data["machine"])
    if not outcome.saved:
        return _page(request, row, machine_form=form, machine_outcome=outcome)
    say_outcome(request, outcome)
    return see_other("token", token_id)


def _confirm(request: SignedIn, token_id: UUID, sentence: str) -> HttpResponse | None:
    return confirm_first(request, resolve_url("token", token_id), sentence)


def _page(request: SignedIn, row: TokenRow, **told: Any) -> HttpResponse:
    """The token's page; `told` holds the form that was refused, and what the provider said to it."""
    context = {
        "token": row,
        "rename_form": NameForm({"name": row.name}),
        "replace_form": SecretForm(),
        "project_form": ProjectForm(),
        "machine_form": MachineForm(),
        "shares": shares.shares_of_token(request.user, row.id),
        "teams": shares.own_teams(request.user),
        **told,
    }
    return render(request, "vps/token.html", context)
