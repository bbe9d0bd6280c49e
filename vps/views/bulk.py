from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from vps.services import bulk as bulks
from vps.services.board import View, read_view
from vps.services.bulk_ask import ask
from vps.services.bulk_progress import show_progress
from vps.services.bulk_run import press_next
from vps.views.answers import SignedIn, see_other


@require_POST
@never_cache
def bulk(request: SignedIn) -> HttpResponse:
    """Lists what a command would be done to, and asks; sends nothing."""
    view, command = read_view(request.POST), request.POST.get("command", "")
    if command not in bulks.COMMANDS:
        raise BadRequest("there is no such button")
    try:
        if request.POST.get("all"):
            machines = bulks.choose_all(request.user, view)
        else:
            machines = bulks.choose_machines(request.user, request.POST.getlist("machine"))
        made = bulks.make_bulk(request.user, command, machines)
    except bulks.NothingChosen:
        return _back(request, view, _("No machine is selected. Select some, then press again."))
    except bulks.TooMany as many:
        told = {"n": many.n, "most": bulks.MOST}
        return _back(
            request, view, _("%(n)d machines are too many: at most %(most)d at once. Narrow it down.") % told
        )
    return see_other("bulk_show", made.pk)


@require_safe
@never_cache
def bulk_show(request: SignedIn, bulk_id: UUID) -> HttpResponse:
    """The one question; once it is confirmed, how far each machine is."""
    found = bulks.get_bulk(request.user, bulk_id)
    if found.confirmed_at is None:
        return render(request, "vps/bulk_ask.html", {"question": ask(request.user, found)})
    template = "vps/_bulk.html" if request.htmx else "vps/bulk.html"
    return render(request, template, {"run": show_progress(request.user, found)})


@require_POST
@never_cache
def bulk_confirm(request: SignedIn, bulk_id: UUID) -> HttpResponse:
    bulks.confirm_bulk(request.user, bulk_id)
    return see_other("bulk_show", bulk_id)


@require_POST
@never_cache
def bulk_next(request: SignedIn, bulk_id: UUID) -> HttpResponse:
    """Asks the provider for the next machines, and waits for its answers."""
    press_next(request.user, bulk_id)
    if not request.htmx:
        return see_other("bulk_show", bulk_id)
    run = show_progress(request.user, bulks.get_bulk(request.user, bulk_id))
    return render(request, "vps/_bulk.html", {"run": run})


@require_POST
@never_cache
def bulk_stop(request: SignedIn, bulk_id: UUID) -> HttpResponse:
    bulks.stop_bulk(request.user, bulk_id)
    return see_other("bulk_show", bulk_id)


def _back(request: SignedIn, view: View, sentence: str) -> HttpResponseRedirect:
    messages.warning(request, sentence)
    return see_other(f"{resolve_url('board')}{view.address(select=True)}")
