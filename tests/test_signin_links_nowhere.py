"""The key of a sign-in link stands in the one answer that shows it, and nowhere else; nor does a chosen password."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.conftest import PASSWORD
from tests.everything_said import EverythingSaid, everything_said
from tests.secret_search import find_secrets

pytestmark = pytest.mark.django_db(transaction=True)
# What was typed as a name stands in that page, beside its field, and in the question to the database. These logs are
# written at DEBUG alone, which no setting of ours turns on: the templates' prints the whole request.
ALLOWED = (
    "page /accounts/login/",
    "log of django.db.backends",
    "log of django.template",
    "traceback in the log of django.template",
)
CHOSEN = "a-battery-that-nobody-stapled"


def link_shown(said: EverythingSaid, path: str, typed: dict[str, str]) -> str:
    """Posts, and takes the answer that shows the link from what is searched."""
    page = said.visit(path, typed).content.decode()
    shown = re.search(r"/accounts/link/[A-Za-z0-9_-]+/", page)
    assert shown, "the page shows no link"
    said.heard = {place: text for place, text in said.heard.items() if not place.startswith(f"page {path}")}
    return shown[0]


def test_a_key_and_a_password_stand_nowhere(person: Callable[..., User]) -> None:
    with everything_said(person("root", is_superuser=True)) as said:
        links = [link_shown(said, "/people/add/", {"name": "bea"})]
        bea = User.objects.get(username="bea")
        links.append(link_shown(said, f"/people/{bea.pk}/reset/", {}))
        for path in ("/people/", f"/people/{bea.pk}/", "/"):
            said.visit(path)
        root, said.client = said.client, Client()
        for link in links:
            said.visit(link)
        typed = {"new_password1": CHOSEN, "new_password2": CHOSEN}
        said.visit("/accounts/link/", typed | {"new_password2": PASSWORD})
        said.visit("/accounts/link/", typed)
        assert "_auth_user_id" in said.client.session
        said.visit("/accounts/logout/", {})
        said.visit("/accounts/login/", {"login": CHOSEN, "password": links[1]})
        said.client = root
        said.visit(f"/people/{bea.pk}/disable/", {})
        hay = {place: text for place, text in said.haystacks().items() if not place.startswith(ALLOWED)}
    keys = [link.split("/")[3] for link in links]
    assert find_secrets([*keys, CHOSEN], hay) == []
