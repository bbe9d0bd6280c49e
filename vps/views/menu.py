from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from vps.services.machines import find_card
from vps.views.answers import SignedIn


@require_safe
@never_cache
def machine_menu(request: SignedIn, project: str, product: str) -> HttpResponse:
    """The items of the board's menu for one machine."""
    return render(request, "vps/_menu_items.html", {"card": find_card(request.user, project, product)})
