"""The power buttons: each asks by GET, and acts by POST."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from vps.access import Operation, get_acting
from vps.forms import ForceStopForm
from vps.services.action_words import Command, Told, tell
from vps.services.confirming import ask
from vps.services.machines import find_card, show_machine
from vps.services.power import NameNeeded, Press, press_button
from vps.views.answers import SignedIn, see_other
from vps.views.confirmed import confirm_first

LEVELS = {"ok": messages.SUCCESS, "busy": messages.INFO, "late": messages.WARNING, "bad": messages.ERROR}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def power_start(request: SignedIn, project: str, product: str) -> HttpResponse:
    return _power(request, project, product, Command.START)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def power_shutdown(request: SignedIn, project: str, product: str) -> HttpResponse:
    return _power(request, project, product, Command.STOP)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def power_reboot(request: SignedIn, project: str, product: str) -> HttpResponse:
    return _power(request, project, product, Command.REBOOT)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def power_force_stop(request: SignedIn, project: str, product: str) -> HttpResponse:
    """Acts only with the tick that says that nothing else helped, and for who said lately who they are."""
    form = ForceStopForm(request.POST)
    if request.method == "POST" and not form.is_valid():
        typed = request.POST.get("name", "")
        return _ask(request, project, product, Command.KILL, unsure=form.errors["sure"][0], typed=typed)
    if request.method == "POST":
        get_acting(request.user, project, product, Operation.POWER)
        query = urlencode({"next": _back(request, project, product)})
        back = f"{resolve_url('power_force_stop', project, product)}?{query}"
        if gate := confirm_first(request, back, _("Say who you are, then press Force stop again.")):
            return gate
    return _power(request, project, product, Command.KILL)


def _power(request: SignedIn, project: str, product: str, command: Command) -> HttpResponse:
    if request.method != "POST":
        return _ask(request, project, product, command)
    try:
        nonce, name = request.POST.get("nonce", ""), request.POST.get("name", "")
        press = press_button(request.user, project, product, command, nonce, name)
    except NameNeeded:
        return _ask_name(request, project, product, command)
    told = tell(press.action, command, request.user, mine=press.mine, conflict=press.conflict)
    if request.htmx:
        return _answer(request, project, product, press, told)
    if press.conflict:
        return _ask(request, project, product, command, told=told, status=409)
    href, link = _onward(told, project, product)
    onward = format_html('<a href="{}">{}</a>', href, link) if href else ""
    said = format_html("<strong>{}</strong> {} {}", told.sentence, told.advice, onward)
    messages.add_message(request, LEVELS[told.tone], said)
    return see_other(_back(request, project, product))


def _ask(
    request: SignedIn, project: str, product: str, command: Command, status: int = 200, **more: object
) -> HttpResponse:
    """The question, as a page or as what a dialog holds."""
    context = {
        "question": ask(request.user, project, product, command),
        "command": command,
        "back": _back(request, project, product),
        **more,
    }
    template = "vps/_ask_power.html" if request.htmx else "vps/power.html"
    return render(request, template, context, status=status)


def _ask_name(request: SignedIn, project: str, product: str, command: Command) -> HttpResponse:
    """The question with what is wrong; or where it was not asked yet, as the page was drawn before the machine was
    protected, the way to it."""
    typed = request.POST.get("name")
    if typed is None and request.htmx:
        query = urlencode({"next": _back(request, project, product)})
        return HttpResponseClientRedirect(f"{request.path}?{query}")
    wrong = _("That is not its name: nothing was sent.")
    misnamed = wrong if (typed or "").strip() else _("Type its name: nothing was sent.")
    return _ask(request, project, product, command, misnamed=misnamed, typed=typed or "")


def _answer(request: SignedIn, project: str, product: str, press: Press, told: Told) -> HttpResponse:
    """In parts that find their places by their ids, and a toast."""
    place = request.POST.get("place", "")
    page = show_machine(request.user, project, product) if place == "machine" else None
    card = page.card if page else find_card(request.user, project, product)
    href, link = _onward(told, project, product)
    if place == "machine" and href == resolve_url("machine", project, product):
        href = ""
    context = {"page": page, "card": card, "place": place, "told": told, "href": href, "link": link}
    return render(request, "vps/_pressed.html", context, status=409 if press.conflict else 200)


def _onward(told: Told, project: str, product: str) -> tuple[str, str]:
    """Where to look next, and what that is called."""
    if told.token:
        return resolve_url("token", told.token), _("Open the token")
    if told.look:
        return resolve_url("machine", project, product), _("Open the machine")
    return "", ""


def _back(request: SignedIn, project: str, product: str) -> str:
    """The page that the button was on, if that is one of ours; else the machine's."""
    page = (request.POST if request.method == "POST" else request.GET).get("next", "")
    ours = page.startswith("/") and url_has_allowed_host_and_scheme(page, None)
    return page if ours else resolve_url("machine", project, product)
