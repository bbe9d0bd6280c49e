"""The board on a wall. Nobody signs in there: who has the link's key has the page, and nothing else."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from vps.services.wall import look_mark, poll_wall, show_wall
from vps.services.walls import WallLink, hash_of, open_wall

COOKIE = "wall"
SALT = "vps.wall"
A_YEAR = 365 * 24 * 3600


@login_not_required
@sensitive_variables()
@require_safe
@never_cache
def wall_key(request: HttpRequest, key: str) -> HttpResponse:
    """Keeps the hash of the key in a cookie for the wall's page alone, and goes where no key is in the address."""
    key_hash = hash_of(key)
    open_wall(key_hash)
    response = redirect("wall")
    response.set_signed_cookie(
        COOKIE,
        key_hash,
        salt=SALT,
        max_age=A_YEAR,
        path=reverse("wall"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@login_not_required
@require_safe
@never_cache
def wall(request: HttpRequest) -> HttpResponse:
    found = _opened(request)
    if found.revoked_at is not None:
        return render(request, "vps/wall_over.html", status=410)
    return render(request, "vps/wall.html", {"wall": show_wall(found), "build": look_mark()})


@login_not_required
@require_safe
@never_cache
def wall_live(request: HttpRequest) -> HttpResponse:
    """What is to be shown instead of `since`; 204 if that is right still, 410 once the link is revoked."""
    found = _opened(request)
    if found.revoked_at is not None:
        return HttpResponse(status=410)
    overdue, news = poll_wall(found, request.GET.get("since", ""))
    response = render(request, "vps/_wall.html", {"wall": news}) if news else HttpResponse(status=204)
    response.headers["Board-Overdue"], response.headers["Wall-Build"] = str(overdue), look_mark()
    return response


def _opened(request: HttpRequest) -> WallLink:
    return open_wall(request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=A_YEAR) or "")
