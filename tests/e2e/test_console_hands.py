"""The console for everybody: by keys alone, on a phone, and free of barriers that a machine can find."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.conftest import Complaints
from tests.e2e.consoles import boot, connect, console_path, drop_connections, expect_connected, lines, until
from tests.e2e.fleet import Fleet
from tests.e2e.test_axe import Barriers
from tests.e2e.test_phone import AROUND, SMALL

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
SCREENS: dict[str, dict[str, object]] = {
    "desk": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}


class Inspector:
    """Looks at a page in each of its cases."""

    def __init__(self, page: Page, screen: str) -> None:
        self.page, self.screen, self.barriers, self.faults = page, screen, Barriers(), list[str]()

    def look(self, what: str) -> None:
        self.barriers.look(self.page, what)
        if not self.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"):
            self.faults.append(f"{what} is wider than the screen")
        if self.screen == "phone":
            self.page.evaluate(AROUND)
            self.faults += [f"{what} {small}" for small in self.page.evaluate(SMALL, 44)]

    @property
    def found(self) -> list[str]:
        return self.barriers + self.faults


@pytest.mark.parametrize("screen", SCREENS)
def test_every_case_is_free_of_barriers(
    screen: str, fleet: Fleet, new_context: NewContext, complaints: Complaints
) -> None:
    for part in ("WebSocket", "Failed"):
        complaints.expect(part)
    fleet.add("web")
    fleet.save_token()
    page = fleet.enter(new_context(**SCREENS[screen]), console_path(fleet, "web"))
    expect(page.locator("#live")).to_contain_text("Running")
    inspector, web = Inspector(page, screen), {"kind": "console", "product": fleet.machines["web"]}
    inspector.look("ready")
    connect(page)
    inspector.look("connected")
    for name in ("Keys", "Power", "Paste"):
        page.get_by_role("button", name=name).click()
        inspector.look(name)
        page.keyboard.press("Escape")
    fleet.provider.fault("status", code=500, **web)
    drop_connections(fleet.provider)
    expect(page.locator(".reason:visible")).to_contain_text("Try 4 of 10")
    inspector.look("lost")
    page.reload()
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("heading", name="The console did not open")).to_be_visible()
    inspector.look("refused")
    fleet.provider.clear_faults()
    fleet.set("web", status="stopped")
    page.reload()
    expect(page.get_by_role("heading", name="web is stopped")).to_be_visible()
    inspector.look("stopped")
    assert inspector.found == [], "\n".join(inspector.found)


def test_it_is_dark_also_where_the_rest_is_light(fleet: Fleet, new_context: NewContext) -> None:
    fleet.add("web")
    fleet.save_token()
    page = fleet.enter(new_context(color_scheme="light"), console_path(fleet, "web"))
    assert page.evaluate("() => getComputedStyle(document.documentElement).colorScheme") == "dark"


def tab_to(page: Page, name: str) -> None:
    """By the Tab key alone."""
    for _key in range(20):
        page.keyboard.press("Tab")
        at = page.evaluate(
            "() => [document.activeElement.ariaLabel, document.activeElement.textContent.trim()]"
        )
        if name in at:
            return
    raise AssertionError(f"{name} is not reached")


def leave_screen(page: Page) -> None:
    for key in ("Control", "Alt", "Shift"):
        page.keyboard.down(key)
    for key in ("Control", "Alt", "Shift"):
        page.keyboard.up(key)


def test_keys_alone_suffice(fleet: Fleet, new_context: NewContext) -> None:
    fleet.add("web")
    fleet.save_token()
    page = fleet.enter(new_context(), console_path(fleet, "web"))
    press = page.keyboard.press
    press("Enter")
    expect_connected(page)
    leave_screen(page)
    press("Enter")
    tab_to(page, "Ctrl + C")
    press("Escape")
    tab_to(page, "Paste")
    press("Enter")
    page.keyboard.type("root")
    tab_to(page, "Type it")
    press("Enter")
    until(lambda: lines(fleet, "web")[-1] == "web login: root_")
    expect_connected(page)
    leave_screen(page)
    tab_to(page, "Power")
    press("Enter")
    tab_to(page, "Force stop")
    press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Like pulling the plug.")
    page.get_by_role("checkbox", name="I have no other way").focus()
    press("Space")
    page.get_by_role("button", name="Force stop", exact=True).last.focus()
    press("Enter")
    until(lambda: boot(fleet, "web") is None)
    expect(page.get_by_role("heading", name="web is stopped")).to_be_visible()
    tab_to(page, "Start")
    press("Enter")
    expect_connected(page)
    leave_screen(page)
    tab_to(page, "Leave")
    press("Enter")
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
