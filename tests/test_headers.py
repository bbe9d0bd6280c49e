"""Every answer carries the headers that keep a browser in bounds: pages, errors, redirects and static files."""

from collections.abc import Callable

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import path
from pytest_django.plugin import DjangoDbBlocker

from dashboard import urls as real
from vps.http import server_error

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]

CSP = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


def failing(error: Exception) -> Callable[[HttpRequest], HttpResponse]:
    @login_not_required
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


urlpatterns = [
    *real.urlpatterns,
    path("fails/400/", failing(SuspiciousOperation("no"))),
    path("fails/403/", failing(PermissionDenied("no"))),
    path("fails/500/", failing(RuntimeError("told-to-nobody"))),
]
handler400, handler403, handler404 = real.handler400, real.handler403, real.handler404
handler500 = real.handler500

ANSWERS = [
    ("/accounts/login/", 200),
    ("/accounts/sessions/", 302),
    ("/static/css/base.css", 200),
    ("/static/django_htmx/htmx-2.min.js", 200),
    ("/static/css/base.css?x=1", 200),
    ("/static/no-such-file.css", 404),
    ("/static/../dashboard/settings.py", 404),
    ("/no/such/page/", 404),
    ("/accounts/logout", 301),
    ("/fails/400/", 400),
    ("/fails/403/", 403),
    ("/fails/500/", 500),
]


def assert_in_bounds(answer: HttpResponseBase) -> None:
    headers = answer.headers
    assert {part.strip() for part in headers["Content-Security-Policy"].split(";")} == CSP
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize(("address", "status"), ANSWERS)
def test_every_answer_carries_the_headers(address: str, status: int) -> None:
    client = Client(raise_request_exception=False)
    answer = client.get(address)
    answer.close()
    assert answer.status_code == status
    assert_in_bounds(answer)
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("method", ["post", "put", "delete", "options", "trace", "head"])
def test_other_methods_carry_them_too(method: str) -> None:
    assert_in_bounds(getattr(Client(enforce_csrf_checks=True), method)("/accounts/login/"))


def test_a_strange_host_is_refused_with_the_headers() -> None:
    answer = Client().get("/accounts/login/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert_in_bounds(answer)


@pytest.mark.parametrize("address", ["/fails/400/", "/fails/403/", "/fails/500/", "/no/such/page/"])
def test_an_error_page_says_in_words_what_is_wrong_and_leads_on(address: str) -> None:
    page = Client(raise_request_exception=False).get(address).content.decode()
    assert "<h1>" in page
    assert "To the board" in page
    assert "told-to-nobody" not in page
    assert "Traceback" not in page


def test_the_page_for_a_broken_panel_needs_no_database(django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.block():
        answer = server_error(HttpRequest())
    assert answer.status_code == 500
    assert "Something went wrong in the panel" in answer.content.decode()


def test_pages_hold_no_inline_script_or_style() -> None:
    page = Client().get("/accounts/login/").content.decode()
    assert "<style" not in page
    assert "style=" not in page
    assert "onclick" not in page
    assert "<script>" not in page


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_database_that_is_away_is_said_with_503_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, signed_in: Client, headers: dict[str, str]
) -> None:
    def away(*args: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", away)
    signed_in.raise_request_exception = False
    answer = signed_in.get("/", headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "The panel cannot reach its database" in answer.content.decode()
    assert "unexpectedly" not in answer.content.decode()
