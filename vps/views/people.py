"""People, for admins of the installation; nobody else knows of these pages. Each act asks first, on a page of its own,
and before that who one is."""

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from vps.forms import PersonForm, ResetForm
from vps.services import people as service
from vps.services.people import PersonRow
from vps.services.signin_links import DAYS, Secret
from vps.views.answers import SignedIn, name_some, see_other
from vps.views.confirmed import confirm_first


@require_safe
@never_cache
def people(request: SignedIn) -> HttpResponse:
    return render(request, "vps/people.html", {"people": service.list_people(request.user)})


@require_safe
@never_cache
def person(request: SignedIn, person_id: int) -> HttpResponse:
    return render(request, "vps/person.html", {"person": service.get_person(request.user, person_id)})


@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def person_add(request: SignedIn) -> HttpResponse:
    service.list_people(request.user)
    if gate := _confirm(request):
        return gate
    form = PersonForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "vps/person_add.html", {"form": form})
    try:
        made, link = service.create_person(request.user, **form.cleaned_data)
    except service.NameTaken as taken:
        form.add_error(taken.field, _("Somebody signs in by that already."))
        return render(request, "vps/person_add.html", {"form": form})
    return _show_link(request, made.pk, link)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def person_disable(request: SignedIn, person_id: int) -> HttpResponse:
    row = service.get_person(request.user, person_id)
    name = {"name": row.name}
    sentences = [
        _("They are signed out everywhere at once, and their tokens are used no longer."),
        _("What they share with teams is withdrawn for good. What they have pressed goes on."),
        *_no_admin_left(service.teams_that_need(request.user, row.id)),
    ]
    question = {"question": _("Disable %(name)s?") % name, "sentences": sentences, "deed": _("Disable")}
    return _act(request, row, question, service.disable_person, _("%(name)s is disabled.") % name)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def person_enable(request: SignedIn, person_id: int) -> HttpResponse:
    row = service.get_person(request.user, person_id)
    name = {"name": row.name}
    sentences = [
        _("They may sign in again, with the password that they had, and their tokens are used again."),
        _("What they shared with teams does not come back: they share it anew."),
    ]
    question = {"question": _("Enable %(name)s?") % name, "sentences": sentences, "deed": _("Enable")}
    return _act(request, row, question, service.enable_person, _("%(name)s is enabled.") % name)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def person_admin_give(request: SignedIn, person_id: int) -> HttpResponse:
    row = service.get_person(request.user, person_id)
    name = {"name": row.name}
    sentences = [
        _("They may create, disable and reset people, you too, and see every team and who signed in."),
        _("Over machines that gives them no right."),
    ]
    title = _("Make %(name)s an admin of this installation?") % name
    question = {"question": title, "sentences": sentences, "deed": _("Make admin")}
    told = _("%(name)s is an admin of this installation now.") % name
    return _act(request, row, question, service.give_admin, told)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def person_admin_take(request: SignedIn, person_id: int) -> HttpResponse:
    row = service.get_person(request.user, person_id)
    name = {"name": row.name}
    title = _("Take the installation from %(name)s?") % name
    sentences = [_("They are a person like others then; their teams and machines stay as they are.")]
    question = {"question": title, "sentences": sentences, "deed": _("Take it")}
    told = _("%(name)s is no admin of this installation any more.") % name
    return _act(request, row, question, service.take_admin, told)


@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def person_reset(request: SignedIn, person_id: int) -> HttpResponse:
    """The answer to the press holds the link, and no other does."""
    row = service.get_person(request.user, person_id)
    if gate := _confirm(request):
        return gate
    form = ResetForm(request.POST)
    if request.method != "POST" or not form.is_valid():
        return render(request, "vps/person_reset.html", {"person": row, "form": form})
    return _show_link(request, row.id, service.reset_person(request.user, row.id, **form.cleaned_data))


def _no_admin_left(teams: tuple[str, ...]) -> list[str]:
    if not teams:
        return []
    lost = ngettext(
        "%(n)d team loses its only active admin: %(names)s.",
        "%(n)d teams lose their only active admin: %(names)s.",
        len(teams),
    )
    helped = _(
        "Nobody can invite, remove or change roles there then. Let them make somebody else an admin first."
    )
    return [f"{lost % {'n': len(teams), 'names': name_some(teams)}} {helped}"]


def _act(
    request: SignedIn, row: PersonRow, question: Mapping[str, object], act: Callable[..., None], told: str
) -> HttpResponse:
    if gate := _confirm(request):
        return gate
    if request.method != "POST":
        return render(request, "vps/person_ask.html", {"person": row, **question})
    act(request.user, row.id)
    messages.success(request, told)
    return see_other("person", row.id) if request.user.pk != row.id else see_other("board")


def _confirm(request: SignedIn) -> HttpResponse | None:
    return confirm_first(request, request.path, _("Say who you are; then you are asked again."))


@sensitive_variables()
def _show_link(request: SignedIn, person_id: int, link: Secret) -> HttpResponse:
    row = service.get_person(request.user, person_id)
    return render(request, "vps/person_link.html", {"person": row, "link": link, "days": DAYS})
