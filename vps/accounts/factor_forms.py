"""What is typed or shown as a second factor, and whether it is one.

No generator handles a secret here: when it fails, Django's report knows of none of its callers, nor that it was to be
hidden.
"""

from typing import Any

from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth
from allauth.mfa.webauthn.forms import AddWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm as PasskeyForm
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import DatabaseError
from django.utils.translation import gettext as _

from vps.crypto import SealBroken
from vps.models import SecondFactor
from vps.services.factors import open_for, seal_for, take_step

LONGEST_CODE = 64
LONGEST_NAME = 80


def step_of(secret: str, code: str) -> int | None:
    """The time step whose code that is: the present one, or one beside it, as clocks differ."""
    for step in auth.yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=_code_of(secret, step)):
            return int(step)
    return None


def _code_of(secret: str, step: int) -> str:
    return str(auth.format_hotp_value(auth.hotp_value(secret, step)))


class OnceGood:
    """A code of an app is good once, and so is a recovery code: of many that come at the same time one is taken."""

    user: Any
    cleaned_data: dict[str, Any]
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].validators.append(MaxLengthValidator(LONGEST_CODE))

    def clean_code(self) -> str:
        forget_tries = check_rate_limit(self.user)
        code = str(self.cleaned_data["code"])
        codes = Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.WEBAUTHN)
        known = sorted(codes, key=lambda factor: factor.type != Authenticator.Type.TOTP)
        try:
            found = self._first_good(known, code)
        except SealBroken:
            raise ValidationError(
                _("What is stored of your second factor does not open. Ask the admin of this installation.")
            ) from None
        if found is None:
            for factor in known[:1]:
                self._emit_authentication_failed(factor)  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        found.user = self.user
        self.authenticator = found
        forget_tries()
        return code

    def _first_good(self, known: list[Authenticator], code: str) -> Authenticator | None:
        for factor in known:
            if self._is_good(factor, code):
                return factor
        return None

    def _is_good(self, factor: Authenticator, code: str) -> bool:
        if factor.type != Authenticator.Type.TOTP:
            return bool(factor.wrap().validate_code(code))  # under a lock of its row
        step = step_of(open_for(self.user.pk, factor.data["secret"]), code)
        return step is not None and take_step(self.user.pk, step)


class CodeForm(OnceGood, AuthenticateForm):
    """In signing in."""


class CodeAgainForm(OnceGood, ReauthenticateForm):
    """By somebody who is signed in."""


class ActivateForm(ActivateTOTPForm):
    """The secret waits in the session until its first code was typed, sealed as it then is in the database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.user = kwargs.pop("user")
        forms.Form.__init__(self, *args, **kwargs)
        self.fields["code"].validators.append(MaxLengthValidator(LONGEST_CODE))
        self.secret = self._waiting() if self.is_bound else self._fresh()

    def clean_code(self) -> str:
        forget_tries = check_rate_limit(self.user)
        code = str(self.cleaned_data["code"])
        step = step_of(self.secret, code)
        if step is None:
            raise get_adapter().validation_error("incorrect_code")
        SecondFactor.objects.update_or_create(person=self.user, defaults={"last_counter": step})
        forget_tries()
        return code

    def _fresh(self) -> str:
        secret = str(auth.generate_totp_secret())
        context.request.session[auth.SECRET_SESSION_KEY] = seal_for(self.user.pk, secret)
        return secret

    def _waiting(self) -> str:
        sealed = context.request.session.get(auth.SECRET_SESSION_KEY, "")
        try:
            return open_for(self.user.pk, sealed)
        except SealBroken:
            return self._fresh()


class Unfit:
    """Bytes of a stranger: whatever they make a library raise, they are no passkey."""

    def full_clean(self) -> None:
        try:
            super().full_clean()  # type: ignore[misc]
        except DatabaseError:
            raise
        except Exception:  # noqa: BLE001
            self.add_error("credential", get_adapter().validation_error("incorrect_code"))  # type: ignore[attr-defined]


class AddPasskeyForm(Unfit, AddWebAuthnForm):
    """With a passkey one may sign in without a password too: it asks for a finger or a PIN itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].validators.append(MaxLengthValidator(LONGEST_NAME))
        self.fields.pop("passwordless")

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["passwordless"] = True
        return dict(super().clean())


class PasskeyAsFactorForm(Unfit, PasskeyForm):
    pass


class PasskeySignInForm(Unfit, LoginWebAuthnForm):
    pass


class PasskeyAgainForm(Unfit, ReauthenticateWebAuthnForm):
    pass
