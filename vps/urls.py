from django.urls import path, register_converter
from django.urls.converters import StringConverter

from vps.views import token as one
from vps.views.board import board, cards
from vps.views.machine import machine, machine_forget, machine_live
from vps.views.theme import theme
from vps.views.tokens import token_add, tokens


class Id(StringConverter):
    """What can be an id at the provider. Anything else is no address of ours: 404, and no database is asked."""

    regex = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}"


register_converter(Id, "id")
MACHINE = "machines/<id:project>/<id:product>/"
OWN = "tokens/<uuid:token_id>/"

urlpatterns = [
    path("", board, name="board"),
    path("cards/", cards, name="cards"),
    path(MACHINE, machine, name="machine"),
    path(f"{MACHINE}live/", machine_live, name="machine_live"),
    path(f"{MACHINE}forget/", machine_forget, name="machine_forget"),
    path("tokens/", tokens, name="tokens"),
    path("tokens/add/", token_add, name="token_add"),
    path(OWN, one.token, name="token"),
    path(f"{OWN}rename/", one.token_rename, name="token_rename"),
    path(f"{OWN}replace/", one.token_replace, name="token_replace"),
    path(f"{OWN}check/", one.token_check, name="token_check"),
    path(f"{OWN}forget/", one.token_forget, name="token_forget"),
    path(f"{OWN}projects/", one.token_project_add, name="token_project_add"),
    path(f"{OWN}projects/<id:project>/remove/", one.token_project_remove, name="token_project_remove"),
    path(f"{OWN}machines/", one.token_machine_add, name="token_machine_add"),
    path("theme/", theme, name="theme"),
]
