"""What other machines ask: is it alive, is it ready, how is it doing. No session, host name or https is wanted."""

from hmac import compare_digest

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from vps.services.health import find_fault
from vps.services.metrics import write_metrics

PLAIN = "text/plain; charset=utf-8"


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers. The database is not asked: restarting this process would not bring it back."""
    return HttpResponse("alive\n", content_type=PLAIN)


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    fault = find_fault()
    return HttpResponse(f"{fault or 'ready'}\n", content_type=PLAIN, status=503 if fault else 200)


@login_not_required
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """404 where no token is set; 401 for who does not bear it."""
    token = settings.METRICS_TOKEN
    if not token:
        return HttpResponse("There is nothing here.\n", content_type=PLAIN, status=404)
    borne = request.headers.get("Authorization", "")
    if not compare_digest(borne.encode(), f"Bearer {token}".encode()):
        headers = {"WWW-Authenticate": "Bearer"}
        return HttpResponse("A bearer token is needed.\n", content_type=PLAIN, status=401, headers=headers)
    return HttpResponse(write_metrics(), content_type=CONTENT_TYPE_LATEST)
