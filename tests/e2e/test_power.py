"""Power buttons, each action from each place."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e.eyes import is_poll
from tests.e2e.fleet import Fleet, card, say_state
from tests.e2e.powers import confirm, dialog, running, sent, toast
from tests.e2e.test_axe import Barriers

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
CYCLE = ["stop", "start", "reboot", "kill"]


@pytest.fixture
def web(fleet: Fleet) -> Fleet:
    fleet.add("web")
    fleet.save_token()
    return fleet


@pytest.fixture
def page(web: Fleet, new_context: NewContext) -> Page:
    """The machine's page."""
    page = web.enter(new_context(), web.machine_path("web"))
    running(page)
    return page


@pytest.fixture
def board(web: Fleet, new_context: NewContext) -> Page:
    page = web.enter(new_context())
    expect(say_state(page, "web")).to_have_text("Running")
    return page


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Power and console").get_by_text(name, exact=True)


def test_all_of_them_on_the_machines_page(web: Fleet, page: Page) -> None:
    state = page.locator(".title .state")
    button(page, "Shut down").click()
    expect(dialog(page).get_by_role("heading", name="Shut down web?")).to_be_visible()
    confirm(page, "Shut down")
    expect(toast(page, "web was asked to shut down.")).to_be_visible()
    expect(state).to_have_text("Shutting down")
    expect(page.get_by_text("Shutting down: one power action at a time.")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Watched for 90 s")).to_be_visible()
    expect(state).to_have_text("Stopped")
    expect(page.get_by_text("Reboot, Shut down and Force stop: Already stopped.")).to_be_visible()
    button(page, "Start").click()
    expect(toast(page, "web was asked to start.")).to_be_visible()
    expect(state).to_have_text("Running")
    button(page, "Reboot").click()
    confirm(page, "Reboot")
    expect(state).to_have_text("Rebooting")
    expect(state).to_have_text("Running")
    button(page, "Force stop").click()
    confirm(page, "Force stop")
    expect(toast(page, "web was told to stop at once.")).to_be_visible()
    expect(state).to_have_text("Stopped")
    assert sent(web, "web") == CYCLE
    lines = page.locator("#timeline li").filter(has_text=web.person)
    expect(lines).to_have_count(4)
    expect(lines.first).to_contain_text("pressed Force stop. Done")
    expect(lines.nth(1)).to_contain_text("Running again after")


def test_all_of_them_on_a_card(web: Fleet, board: Page) -> None:
    web_card = card(board, "web")
    web_card.get_by_role("link", name="Shut down").click()
    confirm(board, "Shut down")
    expect(toast(board, "web was asked to shut down.")).to_be_visible()
    expect(say_state(board, "web")).to_have_text("Stopped")
    web_card.get_by_role("button", name="Start").click()
    expect(say_state(board, "web")).to_have_text("Starting")
    expect(say_state(board, "web")).to_have_text("Running")
    web_card.get_by_role("link", name="Reboot").click()
    confirm(board, "Reboot")
    expect(say_state(board, "web")).to_have_text("Rebooting")
    expect(say_state(board, "web")).to_have_text("Running")
    web_card.get_by_role("button", name="More").click()
    board.get_by_role("link", name="Force stop…").click()
    confirm(board, "Force stop")
    expect(say_state(board, "web")).to_have_text("Stopped")
    assert sent(web, "web") == CYCLE


def test_all_of_them_in_the_tables_menu(web: Fleet, board: Page) -> None:
    board.get_by_role("link", name="Table").click()
    for deed, state in (
        ("Shut down", "Stopped"),
        ("Start", "Running"),
        ("Reboot", "Rebooting"),
        ("Force stop", "Stopped"),
    ):
        expect(say_state(board, "web")).to_have_text("Stopped" if deed == "Start" else "Running")
        board.get_by_role("button", name="More for web").click()
        if deed == "Start":
            board.get_by_role("button", name="Start").click()
        else:
            board.get_by_role("link", name=f"{deed}…").click()
            confirm(board, deed)
        expect(say_state(board, "web")).to_have_text(state)
    assert sent(web, "web") == CYCLE


def test_what_makes_no_sense_says_why_and_offers_what_does(web: Fleet, page: Page) -> None:
    button(page, "Start").click(force=True)  # which waits for no button that is disabled
    expect(dialog(page).get_by_role("heading", name="web is already running")).to_be_visible()
    dialog(page).get_by_role("link", name="Reboot…").click()
    expect(dialog(page).get_by_role("heading", name="Reboot web?")).to_be_visible()
    expect(dialog(page).get_by_role("link", name="Cancel")).to_be_focused()
    dialog(page).get_by_role("link", name="Cancel").click()
    expect(dialog(page)).to_have_count(0)
    web.set("web", status="stopped")
    expect(page.locator(".title .state")).to_have_text("Stopped")
    button(page, "Shut down").click(force=True)
    confirm(page, "Start")
    expect(page.locator(".title .state")).to_have_text("Running")
    assert sent(web, "web") == ["start"]


def test_a_force_stop_waits_for_its_tick_and_offers_to_shut_down(web: Fleet, page: Page) -> None:
    button(page, "Force stop").click()
    dialog(page).get_by_role("button", name="Force stop").click()
    expect(dialog(page)).to_be_visible()
    assert sent(web, "web") == []
    dialog(page).get_by_role("button", name="Shut down instead").click()
    expect(page.locator(".title .state")).to_have_text("Shutting down")
    assert sent(web, "web") == ["stop"]
    button(page, "Reboot").click(force=True)
    expect(dialog(page).get_by_text(f"{web.person} pressed Shut down")).to_be_visible()
    page.keyboard.press("Escape")
    button(page, "Shut down").click(force=True)
    expect(dialog(page).get_by_role("heading", name="web is already shutting down")).to_be_visible()
    dialog(page).get_by_role("link", name="Watch it").click()
    expect(dialog(page)).to_have_count(0)


def test_a_dialog_outlives_what_is_heard_meanwhile(web: Fleet, board: Page) -> None:
    more = card(board, "web").get_by_role("button", name="More")
    more.click()
    board.get_by_role("link", name="Force stop…").click()
    tick = dialog(board).get_by_label("I have no other way to stop it.")
    tick.check()
    for cpu in (35.0, 75.0):
        web.set("web", cpu=cpu)
        with board.expect_response(lambda answer: is_poll(answer) and answer.status == 200):
            pass
    expect(tick).to_be_checked()
    board.keyboard.press("v")  # which shows the table where no dialog is open
    expect(tick).to_be_checked()
    board.keyboard.press("Escape")
    expect(dialog(board)).to_have_count(0)
    expect(more).to_be_focused()
    assert sent(web, "web") == []


def test_the_keyboard_suffices(web: Fleet, page: Page) -> None:
    button(page, "Console").focus()
    for name in ("Start", "Reboot"):
        page.keyboard.press("Tab")
        expect(button(page, name)).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_role("link", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)
    expect(button(page, "Reboot")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_role("link", name="Cancel")).to_be_focused()
    page.keyboard.press("Tab")
    expect(dialog(page).get_by_role("button", name="Reboot")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("web was asked to reboot.")
    expect(button(page, "Reboot")).to_be_focused()
    assert sent(web, "web") == ["reboot"]


def test_a_toast_leaves_by_itself_unless_it_is_read(web: Fleet, page: Page) -> None:
    page.clock.install()
    button(page, "Reboot").click()
    confirm(page, "Reboot")
    told = toast(page, "web was asked to reboot.")
    told.hover()
    page.clock.run_for(20_000)
    expect(told).to_be_visible()
    page.mouse.move(1, 1)
    page.clock.run_for(3_000)
    expect(told).to_have_count(0)


@pytest.mark.parametrize("screen", [(1440, 900), (390, 844)])
def test_dialogs_and_toasts_are_free_of_barriers(
    web: Fleet, new_context: NewContext, screen: tuple[int, int]
) -> None:
    found = Barriers()
    page = web.enter(new_context(viewport={"width": screen[0], "height": screen[1]}), web.machine_path("web"))
    running(page)
    found.look(page, "machine")
    button(page, "Force stop").click()
    expect(dialog(page)).to_be_visible()
    found.look(page, "force stop")
    page.keyboard.press("Escape")
    web.provider.fault("reset", kind="control", project=web.project)
    button(page, "Shut down").click()
    confirm(page, "Shut down")
    expect(toast(page, "Nobody knows whether web was shut down.")).to_be_visible()
    found.look(page, "an unknown outcome")
    button(page, "Shut down").click(force=True)
    expect(dialog(page).get_by_role("progressbar")).to_be_visible()
    found.look(page, "under way")
    assert found == []
