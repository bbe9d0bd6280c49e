"""Sessions that expire, are ended elsewhere, or are left."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.conftest import PASSWORD
from tests.e2e.fleet import Fleet

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]


def sign_in(page: Page, person: str) -> None:
    page.get_by_label("Name or e-mail").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_session_that_expires_leads_to_sign_in_and_back_to_the_same_view(fleet: Fleet, board: Page) -> None:
    board.goto(f"{fleet.panel.url}/?show=running&view=table")
    fleet.panel.end_session(fleet.cookie)
    expect(board.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(board, fleet.person)
    expect(board.locator(".vm")).to_have_count(3)
    expect(board).to_have_url(f"{fleet.panel.url}/?show=running&view=table")


def test_a_session_that_expires_on_a_machine_page_leads_back_to_it(fleet: Fleet, board: Page) -> None:
    board.goto(f"{fleet.panel.url}{fleet.machine_path('alpha')}")
    fleet.panel.end_session(fleet.cookie)
    expect(board.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(board, fleet.person)
    expect(board.get_by_role("heading", name="alpha", level=1)).to_be_visible()


def test_signing_out_shows_the_board_to_nobody(fleet: Fleet, board: Page) -> None:
    other = board.context.new_page()
    other.goto(fleet.panel.url)
    board.get_by_role("button", name=f"{fleet.person}: your account").click()
    board.get_by_role("button", name="Sign out").click()
    expect(board.get_by_role("heading", name="Sign in")).to_be_visible()
    board.go_back()
    expect(board.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_session_ended_in_another_browser_is_over_at_its_next_poll(
    fleet: Fleet, new_context: NewContext
) -> None:
    phone = new_context(user_agent="Phone").new_page()
    laptop = new_context(user_agent="Laptop").new_page()
    fleet.add("alpha")
    fleet.save_token()
    phone.goto(fleet.panel.url)
    sign_in(phone, fleet.person)
    expect(phone.get_by_role("link", name="alpha", exact=True)).to_be_visible()
    laptop.goto(f"{fleet.panel.url}/accounts/sessions/")
    sign_in(laptop, fleet.person)
    laptop.get_by_role("row", name=re.compile("Phone")).get_by_role("button").click()
    expect(laptop.get_by_role("row", name=re.compile("Phone"))).to_have_count(0)
    expect(phone.get_by_role("heading", name="Sign in")).to_be_visible()
