"""The buttons of cards and rows in a real browser: by keys, by hand, while the page refreshes, and without a script."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, expect

from tests.conftest import Complaints
from tests.rows import give_action
from tests.views.boards import change
from tests.views.keypad_kit import key, more
from vps.models import Machine

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Opened = Callable[..., Page]
A_POLL = 6_000  # ms; a page asks each 2 s
STEP = 50  # ms


# Keys ------------------------------------------------------------------------------------------------


def test_every_key_of_a_card_is_reached_in_the_order_in_which_it_is_seen(
    opened: Opened, pair: tuple[Machine, Machine]
) -> None:
    page = opened("/")
    page.get_by_role("link", name="web-01").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="203.0.113.3")).to_be_focused()
    for word in ("Console", "Reboot", "Shut down"):
        page.keyboard.press("Tab")
        expect(key(page, "web-01", word)).to_be_focused()
    page.keyboard.press("Tab")
    expect(more(page, "web-01")).to_be_focused()


def test_a_key_asks_its_question_and_escape_leads_back_to_it(
    opened: Opened, pair: tuple[Machine, Machine]
) -> None:
    page = opened("/")
    key(page, "web-01", "Shut down").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Shut down web-01?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(key(page, "web-01", "Shut down")).to_be_focused()


def test_a_disabled_key_says_why_and_can_be_pressed_to_hear_it_in_full(
    opened: Opened, pair: tuple[Machine, Machine]
) -> None:
    page = opened("/")
    disabled = key(page, "web-02", "Reboot")
    expect(disabled).to_be_disabled()
    expect(disabled).to_have_accessible_description("Already stopped")
    disabled.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="web-02 is already stopped")).to_be_visible()


def test_the_menu_by_keys_alone(opened: Opened, pair: tuple[Machine, Machine]) -> None:
    page = opened("/")
    more(page, "web-02").focus()
    page.keyboard.press("Enter")
    items = page.locator("#more").locator("a, button")
    expect(items).to_have_count(10)
    expect(page.locator("#more")).to_contain_text("Already stopped")
    for number in range(10):
        page.keyboard.press("Tab")
        expect(items.nth(number)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#more")).to_be_hidden()
    expect(more(page, "web-02")).to_be_focused()


def test_a_question_from_the_menu_leads_back_to_its_button(
    opened: Opened, pair: tuple[Machine, Machine]
) -> None:
    page = opened("/?view=table")
    page.get_by_role("button", name="More for web-01").click()
    page.get_by_role("link", name="Force stop…").click()
    expect(page.get_by_role("dialog", name="Force stop web-01?")).to_be_visible()
    expect(page.locator("#more")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="More for web-01")).to_be_focused()


# The menu --------------------------------------------------------------------------------------------


def test_the_menu_never_shows_the_items_of_another_machine(
    opened: Opened, pair: tuple[Machine, Machine]
) -> None:
    page = opened("/")
    held: list[Route] = []
    slow = f"**/{pair[0].product}/menu/"
    page.route(slow, lambda route: held.append(route))
    more(page, "web-01").click()
    expect(page.locator("#more")).to_be_visible()
    page.keyboard.press("Escape")
    more(page, "web-02").click()
    expect(page.locator("#more .of")).to_have_text("web-02")
    with page.expect_response(slow):
        held[0].continue_()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(page.locator("#more .of")).to_have_text("web-02")


def test_where_the_panel_does_not_answer_the_menu_says_so(
    opened: Opened, pair: tuple[Machine, Machine], complaints: Complaints
) -> None:
    complaints.expect("ERR_FAILED")
    page = opened("/")
    page.route("**/menu/", lambda route: route.abort())
    more(page, "web-01").click()
    expect(page.locator("#more")).to_have_text("The panel did not answer. Try again.")


# Refreshes -------------------------------------------------------------------------------------------


def test_a_key_that_is_disabled_under_the_hand_keeps_its_focus(
    opened: Opened, pair: tuple[Machine, Machine], anna: User
) -> None:
    page = opened("/")
    key(page, "web-01", "Reboot").focus()
    give_action(pair[0], anna, "reboot")
    change(pair[0])
    expect(page.locator(f"#m{pair[0].pk}")).to_contain_text("anna pressed Reboot", timeout=A_POLL)
    expect(key(page, "web-01", "Reboot")).to_be_focused()
    expect(key(page, "web-01", "Reboot")).to_be_disabled()


def test_a_key_that_becomes_another_under_the_hand_gives_its_focus_to_the_name(
    opened: Opened, pair: tuple[Machine, Machine]
) -> None:
    page = opened("/")
    key(page, "web-01", "Console").focus()
    change(pair[0], word="stopped")
    expect(key(page, "web-01", "Start")).to_be_visible(timeout=A_POLL)
    expect(page.get_by_role("link", name="web-01")).to_be_focused()
