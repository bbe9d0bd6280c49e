from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from vps.forms import AddTokenForm
from vps.services.board import Board, poll_board, read_view, show_board
from vps.services.bulk_open import open_bulks
from vps.services.tags import tag_chips
from vps.views.answers import SignedIn


@require_safe
@never_cache
def board(request: SignedIn) -> HttpResponse:
    """The board; for a search as one types only its live part, with the address that shows the same."""
    shown = show_board(request.user, read_view(request.GET))
    context = _links(shown) | {"form": AddTokenForm(), "tags": tag_chips(request.user, shown.view)}
    if not request.htmx:
        return render(request, "vps/board.html", context | {"open_bulks": open_bulks(request.user)})
    response = render(request, "vps/_board.html", context)
    response["HX-Replace-Url"] = f"{request.path}{shown.view.address()}".rstrip("?")
    return response


@require_safe
@never_cache
def cards(request: SignedIn) -> HttpResponse:
    """What changed since `since`, in parts that find their places by their ids; 204 when nothing did.

    `Board-Overdue`, the age in seconds of the oldest check that should have been made, is for programs that watch
    the panel: a page is sent its board anew as soon as that means that the collector is late.
    """
    view = read_view(request.GET)
    poll = poll_board(request.user, view, request.GET.get("since", ""), request.GET.get("late") == "1")
    if poll.board is None:
        response = HttpResponse(status=204)
    else:
        response = render(request, "vps/_cards.html", _links(poll.board))
    response["Board-Overdue"] = str(poll.overdue)
    return response


def _links(shown: Board) -> dict[str, object]:
    view = shown.view
    return {
        "board": shown,
        "cards_href": view.address(view="cards"),
        "table_href": view.address(view="table"),
        "select_href": view.address(select=not view.select),
        "all_href": view.address(q="", show=""),
    }
