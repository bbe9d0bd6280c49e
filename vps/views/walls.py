"""A team's wall links, for its admins."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from vps.forms import TeamForm
from vps.services import walls as service
from vps.services.team_rows import show_team
from vps.views.answers import SignedIn, see_other
from vps.views.confirmed import confirm_first


@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def team_walls(request: SignedIn, team_id: UUID) -> HttpResponse:
    """The answer to the press holds the link, and no other does. To revoke one takes no proof of who one is: a lost
    link is to go dark at once."""
    walls = service.list_walls(request.user, team_id)
    team = show_team(request.user, team_id)
    again = _("Say who you are; then make the link.")
    if request.method == "POST" and (gate := confirm_first(request, request.path, again)):
        return gate
    form = TeamForm(request.POST if request.method == "POST" else None)
    told: dict[str, object] = {"team": team, "walls": walls, "form": form}
    if form.is_valid():
        try:
            link = service.make_wall(request.user, team_id, form.cleaned_data["name"])
            return render(request, "vps/wall_made.html", {**told, "link": link})
        except service.NameTaken:
            form.add_error("name", _("Another wall link of this team has that name."))
    return render(request, "vps/walls.html", told)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def wall_revoke(request: SignedIn, team_id: UUID, wall_id: UUID) -> HttpResponse:
    wall = service.find_wall(request.user, team_id, wall_id)
    if request.method == "POST":
        service.revoke_wall(request.user, team_id, wall.pk)
        messages.success(request, _("The wall link %(name)s is revoked.") % {"name": wall.name})
        return see_other("team_walls", team_id)
    asked = {
        "team": show_team(request.user, team_id),
        "question": _("Revoke the wall link %(name)s?") % {"name": wall.name},
        "sentences": [_("Every screen that shows it is blank within seconds. It does not come back.")],
        "deed": _("Revoke"),
    }
    return render(request, "vps/team_ask.html", asked)
