"""Two people in two browsers: one lets the other in by a link, and puts them out again."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import BrowserContext, expect
from pytest_django.live_server_helper import LiveServer

from tests.barriers import barriers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEW = "another-battery-staple"


def test_who_is_let_in_by_a_link_is_out_of_the_open_board_when_disabled(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, person: Callable[..., User]
) -> None:
    client = Client()
    client.force_login(person("root", is_superuser=True))
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    phone = {"width": 390, "height": 844}
    context = new_context(base_url=live_server.url, viewport=phone)
    context.add_cookies([cookie])  # type: ignore[list-item]
    root, bea = context.new_page(), new_context(base_url=live_server.url).new_page()
    root.goto("/")
    root.get_by_role("link", name="People").click()
    found = barriers(root)
    root.get_by_role("link", name="Add a person").click()
    root.get_by_label("User name").fill("bea")
    root.get_by_role("button", name="Add them").click()
    expect(root.get_by_role("heading", name="A sign-in link for bea")).to_be_visible()
    found += barriers(root)
    link = re.search(r"/accounts/link/[A-Za-z0-9_-]+/", root.content())
    assert link, "the page shows no link"

    bea.goto(link[0])
    expect(bea).to_have_url(re.compile("/accounts/link/$"))
    expect(bea.get_by_role("heading", name="Hello, bea")).to_be_visible()
    found += barriers(bea)
    bea.get_by_label("New password", exact=True).fill(NEW)
    bea.get_by_label("New password again").fill(NEW)
    bea.get_by_role("button", name="Set it and sign in").click()
    expect(bea).to_have_url(f"{live_server.url}/")

    root.get_by_role("link", name="Done").click()
    found += barriers(root)
    root.get_by_role("link", name="Disable…").click()
    root.get_by_role("button", name="Disable").click()
    expect(root.get_by_role("status").get_by_text("bea is disabled.")).to_be_visible()
    bea.reload()
    expect(bea).to_have_url(re.compile("/accounts/login/"))
    assert found == []
