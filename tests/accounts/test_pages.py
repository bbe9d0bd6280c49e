"""The sign-in pages in a real browser: usable, without complaints, and free of barriers."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.barriers import barriers
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_in(page: Page, server: LiveServer, password: str = PASSWORD) -> None:
    page.goto(f"{server.url}/accounts/sessions/")
    page.get_by_label("Name or e-mail").fill("anna")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_signing_in_by_keys_alone_leads_to_the_wanted_page(
    page: Page, live_server: LiveServer, anna: User
) -> None:
    page.goto(f"{live_server.url}/accounts/sessions/")
    expect(page.get_by_label("Name or e-mail")).to_be_focused()
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your sessions")).to_be_visible()


def test_a_wrong_password_is_said_aloud(page: Page, live_server: LiveServer, anna: User) -> None:
    sign_in(page, live_server, "wrong")
    expect(page.get_by_role("alert")).to_have_text("That name and password do not go together. Try again.")
    expect(page.get_by_label("Name or e-mail")).to_have_value("anna")
    expect(page.get_by_label("Password")).to_have_value("")


def test_ending_the_phone_from_the_laptop(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, anna: User
) -> None:
    phone = new_context(user_agent="Phone", viewport={"width": 390, "height": 844}).new_page()
    laptop = new_context(user_agent="Laptop").new_page()
    for page in (phone, laptop):
        sign_in(page, live_server)
    laptop.reload()
    laptop.get_by_role("row", name=re.compile("Phone")).get_by_role("button").click()
    expect(laptop.get_by_text("1 session")).to_be_visible()
    phone.reload()
    expect(phone.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_have_no_barriers_and_do_not_scroll_sideways(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, anna: User, width: int
) -> None:
    page = new_context(viewport={"width": width, "height": 844}).new_page()
    found = []
    sign_in(page, live_server, "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    found += barriers(page)
    sign_in(page, live_server)
    expect(page.get_by_role("heading", name="Your sessions")).to_be_visible()
    for path in ("sessions", "password/change", "reauthenticate", "logout", "inactive"):
        page.goto(f"{live_server.url}/accounts/{path}/")
        found += barriers(page)
    assert found == []


def test_signing_out_leads_to_the_sign_in_page(page: Page, live_server: LiveServer, anna: User) -> None:
    sign_in(page, live_server)
    expect(page.get_by_role("heading", name="Your sessions")).to_be_visible()
    page.goto(f"{live_server.url}/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You are signed out.")
    page.goto(f"{live_server.url}/accounts/sessions/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
