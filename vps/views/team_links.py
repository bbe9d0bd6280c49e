"""Invitations into a team, and shares with it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vps.forms import InviteForm, ShareForm
from vps.services import invitations, shares
from vps.services.mail import can_mail
from vps.services.team_rows import show_team
from vps.views.answers import SignedIn, see_other
from vps.views.confirmed import confirm_first
from vps.views.teams import show

HELD = "invitation"  # in the session: the hash of a link's key


@sensitive_variables()
@require_POST
@never_cache
def team_invite(request: SignedIn, team_id: UUID) -> HttpResponse:
    """The answer to the press holds the link, and no other does."""
    invitations.open_ones(request.user, team_id)
    if gate := _confirm(request, team_id, _("Say who you are; then invite them.")):
        return gate
    form = InviteForm(request.POST, mail=can_mail())
    if not form.is_valid():
        return show(request, team_id, invite_form=form)
    email = form.cleaned_data.get("email", "")
    link, mailed = invitations.invite(request.user, team_id, form.cleaned_data["role"], email)
    team = show_team(request.user, team_id)
    told = {"team": team, "link": link, "days": invitations.DAYS, "mailed": mailed, "email": email}
    return render(request, "vps/team_invited.html", told)


@require_POST
def invitation_withdraw(request: SignedIn, team_id: UUID, invitation_id: UUID) -> HttpResponse:
    invitations.withdraw(request.user, team_id, invitation_id)
    messages.success(request, _("The invitation is withdrawn: its link is good no longer."))
    return see_other("team", team_id)


@login_not_required
@sensitive_variables()
@require_safe
@never_cache
def team_join_key(request: HttpRequest, key: str) -> HttpResponse:
    """Keeps the hash of a key that is good in the session, and goes where no key is in the address. An unknown key
    makes no session."""
    key_hash = invitations.hash_of(key)
    if not invitations.is_good(key_hash):
        return _over(request)
    request.session[HELD] = key_hash
    response = redirect("team_join")
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def team_join(request: SignedIn) -> HttpResponse:
    key_hash = request.session.get(HELD, "")
    try:
        invited = invitations.look(request.user, key_hash)
        if request.method != "POST" or invited.member:
            return render(request, "vps/team_join.html", {"invited": invited})
        team = invitations.accept(request.user, key_hash)
    except invitations.InvitationOver:
        request.session.pop(HELD, None)
        return _over(request)
    except PermissionDenied:  # in the meantime, by another link
        return see_other("teams")
    del request.session[HELD]
    messages.success(request, _("You are in %(name)s now.") % {"name": team.name})
    return see_other("team", team.pk)


@require_POST
def team_share(request: SignedIn, team_id: UUID) -> HttpResponse:
    found = shares.choices(request.user, team_id)
    if gate := _confirm(request, team_id, _("Say who you are; then share it.")):
        return gate
    form = ShareForm(request.POST, choices=shares.share_words(found))
    if not form.is_valid():
        return show(request, team_id, share_form=form)
    share = shares.open_share(request.user, team_id, *form.cleaned_data["what"])
    words = {"project": share.project, "team": share.team.name}
    messages.success(request, _("The machines of %(project)s are shared with %(team)s.") % words)
    return see_other("team", team_id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def share_withdraw(request: SignedIn, share_id: int) -> HttpResponse:
    share = shares.get_share(request.user, share_id)
    team = show_team(request.user, share.team_id)
    words = {"project": share.project, "team": share.team.name}
    if gate := confirm_first(request, request.path, _("Say who you are; then you are asked again.")):
        return gate
    if request.method == "POST":
        shares.withdraw_share(request.user, share.pk)
        messages.success(request, _("%(project)s is not shared with %(team)s any more.") % words)
        return see_other("team", team.id)
    asked = {
        "question": _("Withdraw %(project)s from %(team)s?") % words,
        "sentences": [
            _("Its members see and do nothing through your token any more, from their next request on.")
        ],
        "deed": _("Withdraw"),
    }
    return render(request, "vps/team_ask.html", {"team": team, **asked})


def _confirm(request: SignedIn, team_id: UUID, sentence: str) -> HttpResponse | None:
    return confirm_first(request, see_other("team", team_id).url, sentence)


def _over(request: HttpRequest) -> HttpResponse:
    return render(request, "vps/team_join_over.html", status=404)
