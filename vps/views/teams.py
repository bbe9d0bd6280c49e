"""Teams: the list, one's page, and what its admins do. Each act that takes something away asks first."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vps.forms import InviteForm, RoleForm, ShareForm, TeamForm
from vps.services import teams as service
from vps.services.coverage import dark_without, team_coverage
from vps.services.roles import ROLE_WORDS
from vps.services.shares import share_words
from vps.services.team_pages import show_team_page
from vps.services.team_rows import TeamPage, list_teams, show_team
from vps.views.answers import SignedIn, name_some, see_other
from vps.views.confirmed import confirm_first


@require_safe
@never_cache
def teams(request: SignedIn) -> HttpResponse:
    return render(request, "vps/teams.html", {"teams": list_teams(request.user), "form": TeamForm()})


@require_POST
def team_add(request: SignedIn) -> HttpResponse:
    form = TeamForm(request.POST)
    if not form.is_valid():
        return render(request, "vps/teams.html", {"teams": list_teams(request.user), "form": form})
    team = service.create_team(request.user, form.cleaned_data["name"])
    messages.success(
        request, _("%(name)s is made. Invite people, and share a project.") % {"name": team.name}
    )
    return see_other("team", team.pk)


@require_safe
@never_cache
def team(request: SignedIn, team_id: UUID) -> HttpResponse:
    return show(request, team_id)


def show(request: SignedIn, team_id: UUID, **forms: object) -> HttpResponse:
    """The page, with a form that was filled in wrongly, if there is one."""
    page = show_team_page(request.user, team_id)
    usual = {
        "rename_form": TeamForm(initial={"name": page.team.name}),
        "invite_form": InviteForm(mail=page.can_mail),
        "share_form": ShareForm(choices=share_words(page.choices)),
    }
    return render(
        request,
        "vps/team.html",
        {"page": page, "team": page.team, "roles": ROLE_WORDS.items(), **usual, **forms},
    )


@require_POST
def team_rename(request: SignedIn, team_id: UUID) -> HttpResponse:
    found = show_team(request.user, team_id)
    form = TeamForm(request.POST)
    if not form.is_valid():
        return show(request, found.id, rename_form=form)
    service.rename_team(request.user, found.id, form.cleaned_data["name"])
    messages.success(request, _("It is called %(name)s now.") % form.cleaned_data)
    return see_other("team", found.id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def team_delete(request: SignedIn, team_id: UUID) -> HttpResponse:
    dark = len(team_coverage(request.user, team_id).machines)
    found = show_team(request.user, team_id)
    if gate := _confirm(request):
        return gate
    if request.method == "POST":
        service.delete_team(request.user, found.id)
        messages.success(request, _("%(name)s is deleted.") % {"name": found.name})
        return see_other("teams")
    sentences = [
        ngettext(
            "Its members lose sight of the %(n)d machine that is shared with it.",
            "Its members lose sight of the %(n)d machines that are shared with it.",
            dark,
        )
        % {"n": dark},
        _("Tokens and machines stay with their owners. The team does not come back."),
    ]
    return _ask(request, found, _("Delete the team %(name)s?") % {"name": found.name}, sentences, _("Delete"))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def team_leave(request: SignedIn, team_id: UUID) -> HttpResponse:
    found = show_team(request.user, team_id)
    if not found.inside:
        raise PermissionDenied(_("You are not in this team."))
    if request.method == "POST":
        service.leave_team(request.user, found.id)
        messages.success(request, _("You left %(name)s.") % {"name": found.name})
        return see_other("teams")
    sentences = [
        _("You see its machines no longer, but for those of your own tokens."),
        _("What you share with it is withdrawn, and does not come back with you."),
        *_goes_dark(dark_without(request.user, team_id, request.user)),
    ]
    return _ask(request, found, _("Leave %(name)s?") % {"name": found.name}, sentences, _("Leave"))


@require_POST
def member_role(request: SignedIn, team_id: UUID, member_id: int) -> HttpResponse:
    member = service.find_member(request.user, team_id, member_id)
    if gate := _confirm(request, to=team_id):
        return gate
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the roles."))
        return see_other("team", team_id)
    service.set_role(request.user, team_id, member.pk, form.cleaned_data["role"])
    words = {"name": member.person.get_username(), "role": form.cleaned_data["role"].label}
    messages.success(request, _("%(name)s is %(role)s now.") % words)
    return see_other("team", team_id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def member_remove(request: SignedIn, team_id: UUID, member_id: int) -> HttpResponse:
    member = service.find_member(request.user, team_id, member_id)
    found, name = show_team(request.user, team_id), member.person.get_username()
    if gate := _confirm(request):
        return gate
    if request.method == "POST":
        service.remove_member(request.user, found.id, member.pk)
        messages.success(request, _("%(name)s is out of the team.") % {"name": name})
        return see_other("team", found.id)
    sentences = [
        _("They see its machines no longer, from their next request on."),
        *_goes_dark(dark_without(request.user, team_id, member.person)),
    ]
    return _ask(request, found, _("Remove %(name)s from the team?") % {"name": name}, sentences, _("Remove"))


@require_safe
@never_cache
def coverage(request: SignedIn, team_id: UUID) -> HttpResponse:
    covered = team_coverage(request.user, team_id)
    found = show_team(request.user, team_id)
    return render(request, "vps/team_coverage.html", {"team": found, "coverage": covered})


def _goes_dark(names: tuple[str, ...]) -> list[str]:
    """Which machines the team would no longer see; nothing where it sees all of them through others, too."""
    if not names:
        return []
    lost = ngettext(
        "The team loses sight of %(n)d machine, which it sees through nobody else: %(names)s.",
        "The team loses sight of %(n)d machines, which it sees through nobody else: %(names)s.",
        len(names),
    )
    return [lost % {"n": len(names), "names": name_some(names)}]


def _ask(request: SignedIn, found: TeamPage, question: str, sentences: list[str], deed: str) -> HttpResponse:
    asked = {"question": question, "sentences": sentences, "deed": deed}
    return render(request, "vps/team_ask.html", {"team": found, **asked})


def _confirm(request: SignedIn, to: UUID | None = None) -> HttpResponse | None:
    back = request.path if to is None else see_other("team", to).url
    return confirm_first(request, back, _("Say who you are; then you are asked again."))
