"""The pages of one's tokens."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.conftest import Complaints
from tests.e2e.fleet import Fleet, say_state

pytestmark = pytest.mark.browser


@pytest.fixture
def token_page(fleet: Fleet, new_context: Callable[..., BrowserContext]) -> Page:
    fleet.add("alpha", "beta")
    address = fleet.save_token("Shop")
    return fleet.enter(new_context(), address.removeprefix(fleet.panel.url))


def test_what_works_is_said_and_nothing_is_tried_that_was_not_asked_for(
    fleet: Fleet, token_page: Page
) -> None:
    expect(token_page.get_by_role("heading", name="Shop", level=1)).to_be_visible()
    abilities = token_page.get_by_role("region", name="What it may do").get_by_role("listitem")
    for row, word in zip(range(3), ("Allowed", "Not tried", "Not tried"), strict=True):
        expect(abilities.nth(row)).to_contain_text(word)
    asked = {
        call.kind
        for product in fleet.machines.values()
        for call in fleet.provider.calls.received(product=product)
    }
    assert asked <= {"status", "listing"}


def test_check_now_finds_new_machines_and_the_open_board_shows_them(fleet: Fleet, token_page: Page) -> None:
    board = token_page.context.new_page()
    board.goto(fleet.panel.url)
    expect(say_state(board, "alpha")).to_have_text("Running")
    fleet.add("gamma")
    token_page.get_by_role("button", name="Check now").click()
    expect(token_page.get_by_text(f"{fleet.project}: 3 machines found.")).to_be_visible()
    expect(say_state(board, "gamma")).to_have_text("Running")


def test_a_token_is_renamed(token_page: Page) -> None:
    form = token_page.get_by_role("form", name="Rename")
    form.get_by_label("Name").fill("Shop <b>two</b>")
    form.get_by_role("button").click()
    expect(token_page.get_by_role("heading", name="Shop <b>two</b>", level=1)).to_be_visible()


def test_a_revoked_token_is_said_to_be_refused_and_replaced(
    fleet: Fleet, token_page: Page, complaints: Complaints
) -> None:
    complaints.expect("422")
    fleet.provider.revoke(fleet.token.token)
    token_page.get_by_role("button", name="Check now").click()
    expect(token_page.locator(".title .state")).to_have_text("Refused")
    form = token_page.get_by_role("form", name="Replace the token")
    form.get_by_label("Token").fill("key_that-nobody-gave-out")
    form.get_by_role("button").click()
    expect(form.get_by_role("alert")).to_contain_text("Nothing was saved.")
    expect(form.get_by_label("Token")).to_have_value("")
    form.get_by_label("Token").fill(fleet.mint().token)
    form.get_by_role("button").click()
    expect(token_page.get_by_text("The token is replaced.")).to_be_visible()
    expect(token_page.locator(".title .state")).to_have_text("Good")


def test_a_machine_is_added_by_hand_and_a_project_that_is_refused_is_not(
    fleet: Fleet, new_context: Callable[..., BrowserContext], complaints: Complaints
) -> None:
    complaints.expect("422")
    fleet.add("alpha", "beta")
    token, (alpha, beta) = fleet.mint(listing=False), fleet.machines.values()
    address = fleet.save_token("By hand", token.token, hand=alpha)
    page = fleet.enter(new_context(), address.removeprefix(fleet.panel.url))
    form = page.get_by_role("form", name="Add a machine by hand")
    form.get_by_label("Project ID").fill(fleet.project)
    form.get_by_label("Machine ID").fill(beta)
    form.get_by_role("button").click()
    expect(page.get_by_text(f"{fleet.project}: 1 machine found.")).to_be_visible()
    expect(page.get_by_role("row", name=fleet.project)).to_contain_text("by hand")
    form = page.get_by_role("form", name="Add a project")
    form.get_by_label("Project ID").fill("prj-of-somebody-else")
    form.get_by_role("button").click()
    expect(form.get_by_role("alert")).to_contain_text("Nothing was saved.")
    expect(form.get_by_label("Project ID")).to_have_value("prj-of-somebody-else")


def test_forgetting_asks_first_and_the_open_board_loses_the_machines(fleet: Fleet, token_page: Page) -> None:
    board = token_page.context.new_page()
    board.goto(fleet.panel.url)
    expect(say_state(board, "alpha")).to_have_text("Running")
    token_page.get_by_role("link", name="Forget this token…").click()
    expect(token_page.get_by_role("heading", name="Forget the token “Shop”?")).to_be_visible()
    token_page.get_by_role("link", name="Keep it").click()
    expect(token_page.get_by_role("heading", name="Shop", level=1)).to_be_visible()
    token_page.get_by_role("link", name="Forget this token…").click()
    token_page.get_by_role("button", name="Forget it").click()
    expect(token_page.get_by_text("“Shop” is forgotten.")).to_be_visible()
    expect(board.locator(".card")).to_have_count(0)
    expect(board).to_have_title(re.compile("^Board"))
