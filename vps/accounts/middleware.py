"""Who is not signed in goes to the sign-in page, and comes back to the page that they were on."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from vps.accounts.confirming import confirmed_recently


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
