"""The pages of second factors: django-allauth's, behind our own question who it is."""

import json
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.core.internal import ratelimit
from allauth.mfa import app_settings
from allauth.mfa.base.views import AuthenticateView, IndexView, ReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_list_or_404
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe
from django.views.generic import TemplateView

from vps.accounts.confirming import confirmed_recently, to_the_gate
from vps.services.tokens import Secret

View = Callable[..., Any]
METHODS = ["GET", "HEAD", "POST"]
QUESTION = "passkey_question"  # to a passkey of nobody yet known
QUESTIONS = {QUESTION: "10/m/ip"}
ASKED_SECONDS = 300


def changes_factors(view: View, kind: str = "") -> View:
    """A page for who said lately who they are. What it changes is changed in one transaction, one at a time. Of a
    `kind`: 404 for who has none of it."""

    @require_http_methods(METHODS)
    @never_cache
    @sensitive_post_parameters()
    @sensitive_variables()
    @wraps(view)
    def answer(request: Any, **names: object) -> Any:
        if kind:
            get_list_or_404(Authenticator, user=request.user, type=kind, **names)
        if not confirmed_recently(request):
            return to_the_gate(request)
        if request.method != "POST":
            return view(request, **names)
        with transaction.atomic():
            _still(request.user)
            return view(request, **names)

    return answer


def _still(person: User) -> None:
    """Locks them. Raises PermissionDenied for who was disabled or reset since this request began."""
    same = User.objects.select_for_update().filter(pk=person.pk, password=person.password, is_active=True)
    if not same.exists():
        raise PermissionDenied(_("Your sign-in was changed meanwhile. Sign in again."))


def checks_factors(view: View) -> View:
    """A page that asks for a factor."""
    hidden = sensitive_post_parameters()(sensitive_variables()(view))
    checked: View = require_http_methods(METHODS)(never_cache(hidden))
    return checked


class AddApp(ActivateTOTPView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The key in ways that print as `***`: templates that fail are logged with all that they know."""
        told: dict[str, Any] = super().get_context_data(**kwargs)
        drawn = told.pop("totp_svg")
        del told["totp_url"], told["totp_svg_data_uri"]
        return told | {"drawn": Secret(drawn), "key": Secret(told["form"].secret)}


class AddPasskey(AddWebAuthnView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Passkeys that one signs in with: they know whose they are, and ask for a finger or a PIN."""
        told: dict[str, Any] = super(AddWebAuthnView, self).get_context_data(**kwargs)
        return told | {"options": auth.begin_registration(self.request.user, True)}


class PasskeyAgain(ReauthenticateWebAuthnView):
    def form_invalid(self, form: Any) -> HttpResponse:
        for sentence in form.errors.get("credential", []):
            messages.error(self.request, sentence)
        query = urlencode({"next": self.request.POST.get("next", "/")})
        return HttpResponseRedirect(f"{self.request.path}?{query}")


class Factors(IndexView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        told: dict[str, Any] = super().get_context_data(**kwargs)
        has = told["authenticators"]
        codes = has.get(Authenticator.Type.RECOVERY_CODES)
        used = int(codes.instance.data["used_mask"]).bit_count() if codes else 0
        return told | {
            "totp": has.get(Authenticator.Type.TOTP),
            "passkeys": has.get(Authenticator.Type.WEBAUTHN, []),
            "codes": codes,
            "codes_left": app_settings.RECOVERY_CODE_COUNT - used,
        }


class RecoveryCodes(TemplateView):
    template_name = "mfa/recovery_codes/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        told: dict[str, Any] = super().get_context_data(**kwargs)
        codes = Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.RECOVERY_CODES)
        return told | {"unused_codes": [Secret(code) for code in codes.wrap().get_unused_codes()]}


index = require_safe(never_cache(Factors.as_view()))
authenticate = checks_factors(AuthenticateView.as_view())
reauthenticate = checks_factors(ReauthenticateView.as_view())
passkey_again = checks_factors(PasskeyAgain.as_view())
activate_totp = changes_factors(AddApp.as_view())
deactivate_totp = changes_factors(DeactivateTOTPView.as_view(), Authenticator.Type.TOTP)
recovery_codes = require_safe(changes_factors(RecoveryCodes.as_view(), Authenticator.Type.RECOVERY_CODES))
generate_recovery_codes = changes_factors(GenerateRecoveryCodesView.as_view())
passkey_add = changes_factors(AddPasskey.as_view())
passkey_remove = changes_factors(
    RemoveWebAuthnView.as_view(success_url=reverse_lazy("mfa_index")), Authenticator.Type.WEBAUTHN
)
_passkey_login = checks_factors(LoginWebAuthnView.as_view())


@wraps(_passkey_login)
def passkey_login(request: HttpRequest) -> Any:
    """Asked by the sign-in page for what a passkey is to sign: that is kept in a signed cookie, so that strangers fill
    no store of sessions."""
    if not ratelimit.consume(request, app="allauth.mfa", action=QUESTION, config=QUESTIONS, limit_get=True):
        return ratelimit.respond_429(request)
    if request.method == "POST":
        with suppress(BadSignature, KeyError, ValueError):
            asked = request.get_signed_cookie(QUESTION, salt=QUESTION, max_age=ASKED_SECONDS)
            request.session[auth.STATE_SESSION_KEY] = json.loads(asked or "")
    response = _passkey_login(request)
    asked = request.session.pop(auth.STATE_SESSION_KEY, None)
    if request.method == "POST":
        response.delete_cookie(QUESTION, path=request.path, samesite="Strict")
    elif asked:
        response.set_signed_cookie(
            QUESTION,
            json.dumps(asked),
            salt=QUESTION,
            max_age=ASKED_SECONDS,
            path=request.path,
            secure=request.is_secure(),
            httponly=True,
            samesite="Strict",
        )
    return response
