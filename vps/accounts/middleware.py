"""Who is not signed in goes to the sign-in page, and comes back to the page that they were on."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from vps.accounts.confirming import confirmed_recently
from vps.accounts.required import factor_due

# What stays open to who is to have a second factor and has none: the way to one, and out.
OPEN = {"account_logout", "account_reauthenticate", "account_inactive", "theme"}


class SignInRequired(LoginRequiredMiddleware):
    """Every view needs a signed-in person unless it is marked with `login_not_required`. Those who ask learn by
    `request.confirmed_recently()` whether this person proved lately who they are."""

    def process_view(
        self, request: Any, view_func: Callable[..., HttpResponseBase], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        request.confirmed_recently = partial(confirmed_recently, request)
        answer: HttpResponseBase | None = super().process_view(request, view_func, view_args, view_kwargs)
        return answer

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]) -> Any:
        htmx = getattr(request, "htmx", None)
        if not htmx:
            return super().handle_no_permission(request, view_func)
        # The page's own address: the request's would lead to a fragment.
        page = htmx.current_url_abs_path
        query = f"?{urlencode({self.redirect_field_name: page})}" if page else ""
        return HttpResponseClientRedirect(resolve_url(self.get_login_url(view_func)) + query)


class SecondFactorRequired:
    """Who has to have a second factor is told so on each page until the days of grace are over. From then on every
    page leads to where one is set up, and nothing else is done."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: Any, view_func: Callable[..., HttpResponseBase], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True) or not request.user.is_authenticated:
            return None
        request.factor_due = due = factor_due(request.user)
        if due is None or due > timezone.now():
            return None
        request.factor_overdue = True
        name = request.resolver_match.url_name or ""
        if name in OPEN or name.startswith("mfa_"):
            return None
        set_up = resolve_url("mfa_index")
        return HttpResponseClientRedirect(set_up) if request.htmx else _SeeOther(set_up)


class _SeeOther(HttpResponseRedirect):
    status_code = 303
