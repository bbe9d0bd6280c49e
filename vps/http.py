"""What every answer has in common: its headers, its line in the log, and its page when something failed."""

import logging
import re
import sys
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp_update
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import resolve
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

GetResponse = Callable[[HttpRequest], HttpResponseBase]
View = Callable[..., HttpResponseBase]
log = logging.getLogger("vps.requests")

UNUSED = (
    "accelerometer autoplay browsing-topics camera display-capture encrypted-media gamepad "
    "geolocation gyroscope hid identity-credentials-get idle-detection local-fonts magnetometer "
    "microphone midi payment picture-in-picture screen-wake-lock serial "
    "usb xr-spatial-tracking"
)
FOR_MACHINES = {"/healthz", "/readyz", "/metrics"}
# The links that hold a key. Each is exchanged at once for an address without it.
KEY_IN_PATH = re.compile(r"(/(?:teams/join|wall|accounts/link)/)(?!live/)([^/?#\s\"'<>&]+)")
SHORTEST_KEY = 20
HEADERS = {
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED.split()),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class Headers:
    """Outermost, so that also the answers that Django's own security middleware never sees carry these."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


class RequestLog:
    """One line per request, without the query string: searches and keys stay out of the log."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self.get_response(request)
        took = (time.perf_counter() - began) * 1000
        path = mask_keys(request.path)
        log.info("%s %r %s in %.0f ms", request.method, path, response.status_code, took)
        return response


class QuietRefusals(logging.Filter):
    """Who may not do a thing is told so: that is no error of ours, and its line in the log needs no traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 0) in (403, 404):
            record.exc_info = None
        return True


class MaskedKeys(logging.Filter):
    """Django's own lines about a request hold its path."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(mask_keys(arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


class ForMachines:
    """Answers what other machines ask, before anything wants a session, or the host name of PUBLIC_URL: who probes
    does so by an address of its own. All that is said there may be known under any host name."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in FOR_MACHINES:
            return self.get_response(request)
        view: View = resolve(request.path_info).func
        return view(request)


class AlwaysCleansed(SafeExceptionReporterFilter):
    """Hides what is marked as sensitive in error reports, with DEBUG on as well."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True


class MaskedReporter(ExceptionReporter):
    """An error report shows the path, and whatever was made of it, in many places."""

    def get_traceback_html(self) -> SafeString:
        return self._masked(super().get_traceback_html())

    def get_traceback_text(self) -> SafeString:
        return self._masked(super().get_traceback_text())

    def _masked(self, made: SafeString) -> SafeString:
        report = mask_keys(made)
        for _thing, key in KEY_IN_PATH.findall(self.request.path if self.request else ""):
            if len(key) >= SHORTEST_KEY:  # what is shorter is no key, and perhaps a part of every word
                report = report.replace(key, "***")
        return SafeString(report)  # nothing was added to it that a page could take for its own


def mask_keys(text: str) -> str:
    """The text without the keys of such links in it."""
    return KEY_IN_PATH.sub(r"\1***", text)


def may_connect_to(origin: Callable[[], str]) -> Callable[[View], View]:
    """The page of this view, and no other, may open connections to that origin too, if there is one."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(*args: Any, **kwargs: Any) -> HttpResponseBase:
            host = origin()
            return csp_update({"connect-src": [host]} if host else {})(view)(*args, **kwargs)

        return answer

    return decorate


def is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _failed(request, 400, "400.html", _("The panel could not make sense of that request."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """In the exception's own words where it has some: only the product's own do."""
    return _failed(request, 403, "403.html", str(exception or "") or _("You may see this, but not do it."))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _failed(request, 403, "403_csrf.html", _("The page was too old. Load it again, then repeat this."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _failed(request, 404, "404.html", _("There is nothing here, or nothing that you may see."))


def too_many_tries(request: HttpRequest) -> HttpResponse:
    return _failed(request, 429, "429.html", _("Too many tries. Wait a minute, then go on."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Needs neither the database nor a context processor: either may be what failed. 503 where the database did."""
    return _unavailable(request) if _is_away(sys.exception()) else _broken(request)


def _is_away(error: BaseException | None) -> bool:
    """SQLite says of a table that is missing, too, that it cannot operate: that is no matter of waiting."""
    return isinstance(error, OperationalError | InterfaceError) and not str(error).startswith("no such ")


def _broken(request: HttpRequest) -> HttpResponse:
    title = _("Something went wrong in the panel")
    told = _(
        "It was written to the log. Your machines run on, whatever this page says. Try again in a moment."
    )
    return _own_page(request, 500, title, told)


def _unavailable(request: HttpRequest) -> HttpResponse:
    title = _("The panel cannot reach its database")
    told = _(
        "It tries again with each page. Your machines run on, whatever this page says. Try again in a moment."
    )
    response = _own_page(request, 503, title, told)
    response.headers["Retry-After"] = "5"
    return response


def _own_page(request: HttpRequest, status: int, title: str, told: str) -> HttpResponse:
    if is_htmx(request):
        return _fragment(status, f"{title}.")
    try:
        return HttpResponse(render_to_string("500.html", {"title": title, "told": told}), status=status)
    except ValueError:  # the style sheets' names are not there: the static files were never collected
        return _fragment(status, f"{title}.")


def _failed(request: HttpRequest, status: int, template: str, sentence: str) -> HttpResponse:
    if is_htmx(request):
        return _fragment(status, sentence)
    return render(request, template, {"sentence": sentence}, status=status)


def _fragment(status: int, sentence: str) -> HttpResponse:
    """A sentence that is never swapped into the page: a whole error page has no place inside a card."""
    return HttpResponse(
        sentence, status=status, content_type="text/plain; charset=utf-8", headers={"HX-Reswap": "none"}
    )
