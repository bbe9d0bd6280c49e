from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

MISMATCH = _("That name and password do not go together. Try again.")


class Adapter(DefaultAccountAdapter):
    """Nobody registers here: people are created by the installation's admin."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": MISMATCH,
        "email_password_mismatch": MISMATCH,
        "too_many_login_attempts": _("Too many wrong tries. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def reauthenticate(self, user: AbstractBaseUser, password: str) -> bool:
        """Checking a password may store it anew, with a stronger hash; this session stays good then."""
        good: bool = super().reauthenticate(user, password)
        if good and self.request:
            user.refresh_from_db(fields=["password"])
            self.request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        return good
