"""A machine's console: its page, and what the page asks for. State changes by POST only; a ticket is given as JSON."""

from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from vps.http import may_connect_to
from vps.services.console import (
    Shut,
    close_console,
    goes_on,
    open_console,
    show_console,
    stay_in_console,
)
from vps.services.console_address import console_origin
from vps.views.answers import SignedIn
from vps.views.confirmed import confirm_first


@require_safe
@never_cache
@may_connect_to(console_origin)
def console(request: SignedIn, project: str, product: str) -> HttpResponse:
    return render(request, "vps/console.html", {"page": show_console(request.user, project, product)})


@require_safe
@never_cache
def console_live(request: SignedIn, project: str, product: str) -> HttpResponse:
    """How the machine is and who is in its console, when that is not what `since` is a mark of; else 204."""
    page = show_console(request.user, project, product)
    if page.seen == request.GET.get("since"):
        return HttpResponse(status=204)
    return render(request, "vps/_console_live.html", {"page": page})


@require_POST
@never_cache
@sensitive_variables("opened", "told")
def console_ticket(request: SignedIn, project: str, product: str) -> HttpResponse:
    """{session, url, secret} for one connection, or {sentence, again, href} where there is none. Who opens a console
    says who they are; its later connections ask nothing."""
    session = _session(request.POST.get("session", ""))
    if not goes_on(request.user, project, product, session):
        back = resolve_url("console", project, product)
        if gate := confirm_first(request, back, _("Say who you are, then press Connect again.")):
            return gate
    opened = open_console(request.user, project, product, session)
    if isinstance(opened, Shut):
        href = "" if opened.again or not opened.token else resolve_url("token", opened.token.pk)
        return JsonResponse({"sentence": opened.sentence, "again": opened.again, "href": href})
    told = {"session": opened.session, "url": opened.url.reveal(), "secret": opened.secret.reveal()}
    return JsonResponse(told)


@require_POST
@never_cache
def console_beat(request: SignedIn, project: str, product: str, session: UUID) -> HttpResponse:
    stay_in_console(request.user, project, product, session)
    return HttpResponse(status=204)


@require_POST
@never_cache
def console_close(request: SignedIn, project: str, product: str, session: UUID) -> HttpResponse:
    close_console(request.user, project, product, session)
    return HttpResponse(status=204)


def _session(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Http404 from None
