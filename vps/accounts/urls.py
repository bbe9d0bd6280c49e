"""The few pages of django-allauth that are used; registration and password mails are not among them."""

from allauth.account import views
from allauth.usersessions.views import list_usersessions
from django.urls import path, register_converter
from django.urls.converters import StringConverter

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
]
