from collections.abc import Iterable

from allauth.account.adapter import DefaultAccountAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractBaseUser, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from vps.accounts.confirming import confirmed_recently
from vps.services.audit import Code, record
from vps.services.sessions import end_sessions

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

    def is_reauthentication_required(self, *, app: str, **kwargs: object) -> bool:
        return not confirmed_recently(self.request)

    def reauthenticate(self, user: AbstractBaseUser, password: str) -> bool:
        """Checking a password may store it anew, with a stronger hash; this session stays good then."""
        good: bool = super().reauthenticate(user, password)
        if good and self.request:
            user.refresh_from_db(fields=["password"])
            self.request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        return good

    def set_password(self, user: User, password: str) -> None:
        """Ends every session but this one. Who was disabled or reset since this request began changes nothing."""
        hashed = make_password(password)  # slow by design: before anything is locked
        with transaction.atomic():
            same = User.objects.select_for_update(no_key=True).filter(
                pk=user.pk, password=user.password, is_active=True
            )
            if not same.exists():
                raise PermissionDenied(_("Your sign-in was changed meanwhile. Sign in again."))
            user.password = hashed
            user.save(update_fields=["password"])
            ended = end_sessions(user, but=self.request.session.session_key or "")
            record(Code.PASSWORD_CHANGED, person=user, sessions=ended)


class SessionsAdapter(DefaultUserSessionsAdapter):
    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """One's own, from the page of sessions."""
        ending = list(sessions)
        if not ending:
            return
        with transaction.atomic():
            super().end_sessions(ending)
            record(Code.SESSIONS_ENDED, person=ending[0].user, sessions=len(ending))
