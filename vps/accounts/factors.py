"""How django-allauth keeps and shows second factors here."""

from typing import Any

import qrcode
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AbstractBaseUser
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps.services.factors import open_for, seal_for


class FactorAdapter(DefaultMFAAdapter):
    """Secrets are sealed for the person whose they are."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("That was not accepted. A code is good once: wait for the next one."),
    }

    def encrypt(self, text: str) -> str:
        return seal_for(_whose(), text)

    def decrypt(self, encrypted_text: str) -> str:
        return open_for(_whose(), encrypted_text)

    def build_totp_svg(self, url: str) -> SafeString:
        """A part of the page, without a style of its own."""
        code = qrcode.QRCode(border=3)
        code.add_data(url)
        rows = code.get_matrix()
        dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, on in enumerate(row) if on)
        label = _("QR code for your app; the key below says the same")
        svg = '<svg class="qr" viewBox="0 0 {} {}" role="img" aria-label="{}"><path d="{}"/></svg>'
        return format_html(svg, len(rows), len(rows), label, dark)

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Any) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey %(n)d") % {"n": number}

    def _get_user_identifier(self, user: AbstractBaseUser) -> str:
        return user.get_username()


def _whose() -> int:
    """Who is signed in, or about to be: nobody else's secret is opened in this request."""
    request = context.request
    user = request.user if request.user.is_authenticated else request._login_stage.login.user
    return int(user.pk)
