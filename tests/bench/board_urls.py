"""The product's addresses, and one whose view does nothing."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from dashboard.urls import urlpatterns as ours


def bare(request: HttpRequest) -> HttpResponse:
    """Loads session and person, as the middleware has them, and answers nothing."""
    assert request.user.is_authenticated
    return HttpResponse(status=204)


urlpatterns = [path("bare/", bare), *ours]
