from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from vps.services.machines import MachinePage, forget_machine, name_to_forget, poll_machine, show_machine
from vps.views.answers import SignedIn, see_other


@require_safe
@never_cache
def machine(request: SignedIn, project: str, product: str) -> HttpResponse:
    page = show_machine(request.user, project, product, request.GET.get("span", ""))
    return render(request, "vps/machine.html", {"page": page})


@require_safe
@never_cache
def machine_live(request: SignedIn, project: str, product: str) -> HttpResponse:
    """The whole machine page's live part when something was heard since `since`, else 204; or over another `span`."""
    if span := request.GET.get("span"):
        page: MachinePage | None = show_machine(request.user, project, product, span)
    else:
        page = poll_machine(request.user, project, product, request.GET.get("since", ""))
    if page is None:
        return HttpResponse(status=204)
    return render(request, "vps/_machine.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def machine_forget(request: SignedIn, project: str, product: str) -> HttpResponse:
    """Asks, then takes the machine off one's own board; 403 in words while a listing would bring it back."""
    name = name_to_forget(request.user, project, product)
    if request.method == "POST":
        forget_machine(request.user, project, product)
        messages.success(request, _("“%(name)s” is off your board.") % {"name": name})
        return see_other("board")
    question = {
        "question": _("Take “%(name)s” off your board?") % {"name": name},
        "sentences": [
            _("Nothing happens to the machine itself. If the provider lists it again, it comes back.")
        ],
        "deed": _("Take it off"),
        "back": resolve_url("machine", project, product),
    }
    return render(request, "vps/confirm.html", question)
