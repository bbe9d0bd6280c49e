"""The few pages of django-allauth that are used; registration and password mails are not among them."""

from allauth.account import views
from allauth.usersessions.views import list_usersessions
from django.urls import path, register_converter
from django.urls.converters import StringConverter

from vps.accounts import factor_views as factors
from vps.accounts.links import open_link, set_password
from vps.accounts.views import end_session


class Key(StringConverter):
    """What can be the key of a link, here and in the addresses of vps.urls, which are read after these."""

    regex = "[A-Za-z0-9_-]{20,64}"


register_converter(Key, "key")

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("link/<key:key>/", open_link, name="signin_link"),
    path("link/", set_password, name="signin_link_set"),
    path("sessions/", list_usersessions, name="usersessions_list"),
    path("sessions/<int:number>/end/", end_session, name="end_session"),
    path("2fa/", factors.index, name="mfa_index"),
    path("2fa/authenticate/", factors.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", factors.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/app/add/", factors.activate_totp, name="mfa_activate_totp"),
    path("2fa/app/remove/", factors.deactivate_totp, name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", factors.recovery_codes, name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/renew/", factors.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("2fa/passkeys/add/", factors.passkey_add, name="mfa_add_webauthn"),
    path("2fa/passkeys/<int:pk>/remove/", factors.passkey_remove, name="mfa_remove_webauthn"),
    path("2fa/passkeys/reauthenticate/", factors.passkey_again, name="mfa_reauthenticate_webauthn"),
    path("2fa/passkeys/login/", factors.passkey_login, name="mfa_login_webauthn"),
]
