import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from vps.forms import AuditForm
from vps.services.audit_lines import MOST_EXPORTED, export_lines, show_lines
from vps.views.answers import SignedIn

PLACES = ("before", "after")


@require_safe
@never_cache
def audit(request: SignedIn) -> HttpResponse:
    """Who did what: the newest lines of those that are asked for; none while a filter makes no sense."""
    form, asked = AuditForm(request.user, request.GET), request.GET
    context: dict[str, Any] = {"form": form, "asked": _asked(request), "most": MOST_EXPORTED}
    if form.is_valid():
        places = {name: asked.get(name, "") for name in PLACES}
        context["page"] = show_lines(request.user, form.wanted(), **places)
    return render(request, "vps/audit.html", context)


@require_safe
@never_cache
def audit_lines(request: SignedIn) -> HttpResponseBase:
    """The same lines as CSV; where a filter makes no sense, the page says so."""
    form = AuditForm(request.user, request.GET)
    if not form.is_valid():
        return redirect(f"{reverse('audit')}?{_asked(request)}")
    rows = export_lines(request.user, form.wanted()) if request.method == "GET" else iter(())
    response = StreamingHttpResponse(_written(rows), content_type="text/csv; charset=utf-8")
    name = f"audit-{timezone.now():%Y-%m-%d-%H%M}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class _Echo:
    """What the csv module writes into: gives back what it is given."""

    def write(self, text: str) -> str:
        return text


def _written(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    return (writer.writerow(row) for row in rows)


def _asked(request: SignedIn) -> str:
    """The filters, as they stand in the address."""
    asked = request.GET.copy()
    for name in [*PLACES, *(name for name, value in asked.items() if not value)]:
        asked.pop(name, None)
    return asked.urlencode()
