"""The console in a browser: the real screen over real VNC, its keys, sizes and clipboard, and who is inside."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.consoles import (
    boot,
    connect,
    console_path,
    expect_connected,
    lines,
    painted,
    stays,
    terminal,
    told,
    until,
)
from tests.e2e.fleet import Fleet

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
HOSTILE = """"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>"""


@pytest.fixture
def page(fleet: Fleet, new_context: NewContext) -> Page:
    """The page of a running machine's console, not yet connected."""
    fleet.add("web")
    fleet.save_token()
    return fleet.enter(new_context(viewport={"width": 1440, "height": 900}), console_path(fleet, "web"))


def test_what_is_typed_is_seen(fleet: Fleet, page: Page) -> None:
    expect(page.get_by_role("button", name="Connect")).to_be_focused()
    assert fleet.provider.calls.count("console", fleet.machines["web"]) == 0
    page.keyboard.press("Enter")
    expect_connected(page)
    until(lambda: painted(fleet, "web", page))
    page.keyboard.type("Root!")
    until(lambda: lines(fleet, "web")[-1] == "web login: Root!_")
    until(lambda: painted(fleet, "web", page))
    assert fleet.provider.calls.count("console", fleet.machines["web"]) == 1


def test_control_alt_delete_resets_the_machine(fleet: Fleet, page: Page) -> None:
    connect(page)
    before = boot(fleet, "web")
    page.get_by_role("button", name="Keys").click()
    page.locator("#keys").dispatch_event("click")  # beside its buttons
    page.get_by_role("button", name="Ctrl + Alt + Del").click()
    expect(page.get_by_role("application")).to_be_focused()
    until(lambda: lines(fleet, "web")[-1] == "*** The system will reboot now. ***")
    until(lambda: boot(fleet, "web") != before)


def test_three_keys_give_the_keyboard_back_and_none_stays_pressed(fleet: Fleet, page: Page) -> None:
    connect(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("application")).to_be_focused()
    for key in ("Control", "Alt", "Shift"):
        page.keyboard.down(key)
    for key in ("Shift", "Alt", "Control"):
        page.keyboard.up(key)
    expect(page.get_by_role("button", name="Keys")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Paste")).to_be_focused()
    until(lambda: terminal(fleet, "web")._held == set())
    page.get_by_role("application").click()
    page.keyboard.type("x")
    until(lambda: lines(fleet, "web")[-1] == "web login: x_")


def test_text_is_typed_line_by_line_and_not_kept(fleet: Fleet, page: Page) -> None:
    connect(page)
    page.get_by_role("button", name="Paste").click()
    expect(page.get_by_label("Text")).to_be_focused()
    page.get_by_label("Text").fill("root\nSecret-1\nUptime {now}")
    page.get_by_role("button", name="Type it").click()
    until(lambda: lines(fleet, "web")[-1] == "web:~$ Uptime {now}_")
    expect(page.get_by_role("application")).to_be_focused()
    page.get_by_role("button", name="Paste").click()
    expect(page.get_by_label("Text")).to_have_value("")
    page.get_by_label("Text").fill("nothing")
    page.keyboard.press("Escape")
    expect(page.get_by_role("application")).to_be_focused()
    assert lines(fleet, "web")[-1] == "web:~$ Uptime {now}_"


def test_the_clipboard_goes_there_and_comes_back_as_text(fleet: Fleet, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    connect(page)
    page.get_by_role("button", name="Paste").click()
    expect(page.locator("#heard")).to_be_hidden()
    page.get_by_label("Text").fill("for the other side")
    page.get_by_role("button", name="Put on its clipboard").click()
    until(lambda: terminal(fleet, "web").pasted == "for the other side")
    assert lines(fleet, "web")[-1] == "web login: _"
    terminal(fleet, "web").copied = HOSTILE
    page.get_by_role("button", name="Paste").click()
    expect(page.locator("#heard")).to_have_text(HOSTILE)
    page.locator("#heard").click()
    until(lambda: page.evaluate("() => navigator.clipboard.readText()") == HOSTILE)
    assert page.locator("img").count() == 0


def test_the_picture_fits_or_has_its_real_size(fleet: Fleet, page: Page) -> None:
    connect(page)
    width = "() => Math.round(document.querySelector('#screen canvas').getBoundingClientRect().width)"
    until(lambda: page.evaluate(width) > 1400)
    page.get_by_role("button", name="Real size").click()
    until(lambda: page.evaluate(width) == 960)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Real size").click()
    until(lambda: page.evaluate(width) <= 390)


def test_it_fills_the_whole_screen_and_comes_back(page: Page) -> None:
    connect(page)
    for filled in (True, False):
        page.get_by_role("button", name="Full screen").click()
        until(lambda filled=filled: page.evaluate("() => !!document.fullscreenElement") is filled)  # type: ignore[misc]


def test_who_is_inside_is_seen_and_leaving_ends_it(fleet: Fleet, page: Page, new_context: NewContext) -> None:
    other = Fleet(fleet.panel, fleet.provider)
    other.project, other.machines = fleet.project, fleet.machines
    other.token = other.mint()
    other.save_token()
    second = other.enter(new_context(), console_path(fleet, "web"))
    expect(second.get_by_text("Nobody is here")).to_be_visible()
    connect(page)
    expect(second.get_by_text(f"{fleet.person} is here")).to_be_visible()
    expect(page.get_by_text("You are here")).to_be_visible()
    page.get_by_role("link", name="Leave").click()
    expect(second.get_by_text("Nobody is here")).to_be_visible()
    assert [stay.ended for stay in stays(fleet)] == ["closed"]
    assert told(fleet) == [("console.opened", "succeeded"), ("console.closed", "closed")]


def test_a_browser_that_makes_no_connection_is_told_so(page: Page) -> None:
    page.evaluate("() => (window.WebSocket = class { constructor() { throw new Error() } })")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("heading", name="The console did not open")).to_be_visible()
    expect(page.locator(".reason:visible")).to_contain_text("cannot be reached from this browser")


def test_a_hostile_name_is_text(fleet: Fleet, new_context: NewContext) -> None:
    fleet.add(HOSTILE)
    fleet.save_token()
    page = fleet.enter(new_context(), console_path(fleet, HOSTILE))
    connect(page)
    page.get_by_role("button", name="Paste").click()
    expect(page.locator("#desktop")).to_have_text(HOSTILE)
    assert page.locator("img").count() == 0
    expect(page).to_have_title(re.compile("^Console of"))


def test_without_javascript_it_says_that_a_console_needs_it(fleet: Fleet, new_context: NewContext) -> None:
    fleet.add("web")
    fleet.save_token()
    page = fleet.enter(new_context(java_script_enabled=False), console_path(fleet, "web"))
    expect(page.get_by_role("heading", name="A console needs JavaScript")).to_be_visible()
    expect(page.get_by_role("button", name="Connect")).to_be_hidden()
    expect(page.get_by_role("link", name="Leave")).to_be_visible()


def test_power_buttons_ask_and_act_from_here(fleet: Fleet, page: Page) -> None:
    connect(page)
    before = boot(fleet, "web")
    page.get_by_role("button", name="Power").click()
    page.get_by_role("link", name="Reboot").click()
    question = page.get_by_role("dialog", name="Reboot web?")
    expect(question).to_contain_text("You, since")
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    assert fleet.provider.calls.count("control", fleet.machines["web"]) == 0
    page.get_by_role("button", name="Power").click()
    page.get_by_role("link", name="Reboot").click()
    question.get_by_role("button", name="Reboot").click()
    expect(page.get_by_text("web was asked to reboot.", exact=True)).to_be_visible()
    expect(page.locator("#live")).to_contain_text("Rebooting")
    until(lambda: boot(fleet, "web") != before)
    assert fleet.provider.calls.count("control", fleet.machines["web"]) == 1


def test_a_button_that_makes_no_sense_says_why(fleet: Fleet, page: Page) -> None:
    expect(page.locator("#live")).to_contain_text("Running")
    page.get_by_role("button", name="Power").click()
    page.get_by_role("link", name="Start").click(force=True)
    expect(page.get_by_role("dialog")).to_contain_text("web is already running")
