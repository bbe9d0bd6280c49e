"""Keys, copying and the theme."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.fleet import Fleet, card

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]


def test_everything_has_its_key(fleet: Fleet, board: Page) -> None:
    expect(board.get_by_role("link", name="3 Running")).to_be_visible()
    press = board.keyboard.press
    for key, name in (("j", "alpha"), ("j", "beta"), ("k", "alpha")):
        press(key)
        expect(board.get_by_role("link", name=name, exact=True)).to_be_focused()
    press("/")
    expect(board.get_by_role("searchbox")).to_be_focused()
    board.keyboard.type("jpv?")
    expect(board.get_by_role("searchbox")).to_have_value("jpv?")
    board.get_by_role("searchbox").fill("")
    expect(board.locator(".card")).to_have_count(3)
    board.get_by_role("link", name="alpha", exact=True).focus()
    press("?")
    shortcuts = board.get_by_role("dialog", name="Keyboard shortcuts")
    expect(shortcuts).to_be_visible()
    press("Escape")
    expect(shortcuts).to_be_hidden()
    press("v")
    expect(board).to_have_url(re.compile("view=table"))
    press("p")
    expect(board).to_have_url(re.compile("show=problems"))
    press("p")
    expect(board).not_to_have_url(re.compile("show=problems"))
    expect(board.locator(".vm")).to_have_count(3)


def test_the_keys_are_switched_off_and_on_where_they_are_listed(fleet: Fleet, board: Page) -> None:
    expect(board.get_by_role("link", name="3 Running")).to_be_visible()
    switch = board.get_by_role("checkbox", name="Keys do this")

    def turn(on: bool) -> None:
        board.get_by_role("button", name="Keyboard shortcuts").click()
        switch.set_checked(on)
        board.keyboard.press("Escape")

    def search_after(key: str) -> bool:
        board.locator("body").press(key)
        return bool(board.evaluate("() => document.activeElement.id === 'q'"))

    assert search_after("/")
    board.get_by_role("link", name="alpha", exact=True).focus()
    turn(on=False)
    for _page in range(2):
        assert not search_after("/")
        board.keyboard.press("v")
        board.reload()  # the browser remembers it
    expect(board).not_to_have_url(re.compile("view=table"))
    turn(on=True)
    assert search_after("/")


def test_addresses_and_ids_are_copied_from_the_board(fleet: Fleet, new_context: NewContext) -> None:
    fleet.add("alpha", ipv4="192.0.2.7", ipv6="2001:db8::7/64")
    fleet.save_token()
    page = fleet.enter(new_context(permissions=["clipboard-read", "clipboard-write"]))
    card(page, "alpha").get_by_role("button", name="192.0.2.7").click()
    expect(page.locator("#said")).to_have_text("Copied: 192.0.2.7")
    menu = page.locator("#more")
    copies = {
        "Copy name": "alpha",
        "Copy IPv4": "192.0.2.7",
        "Copy IPv6": "2001:db8::7",
        "Copy project id": fleet.project,
        "Copy machine id": fleet.machines["alpha"],
    }
    for item, text in copies.items():
        card(page, "alpha").get_by_role("button", name="More").click()
        menu.get_by_role("button", name=item).click()
        expect(page.locator("#said")).to_have_text(f"Copied: {text}")
        assert page.evaluate("() => navigator.clipboard.readText()") == text
    card(page, "alpha").get_by_role("button", name="More").click()
    menu.get_by_role("link", name="Open").click()
    expect(page.get_by_role("heading", name="alpha", level=1)).to_be_visible()


def test_a_chosen_theme_is_kept_and_there_from_the_first_byte(fleet: Fleet, new_context: NewContext) -> None:
    page = fleet.enter(new_context(color_scheme="light"), "/tokens/")
    switch = page.get_by_role("button", name="Switch between light and dark")
    with page.expect_response("**/theme/"):
        switch.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    answer = page.reload()
    assert answer
    assert re.search(r'<html[^>]* data-theme="dark"', answer.text())  # sent so: nothing flashes
    assert page.evaluate("() => getComputedStyle(document.documentElement).colorScheme") == "dark"
    with page.expect_response("**/theme/"):
        switch.click()
    answer = page.reload()
    assert answer
    assert "data-theme" not in answer.text()
