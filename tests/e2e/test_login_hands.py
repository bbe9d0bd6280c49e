"""The default login by keys alone, without a script, on a phone, and free of barriers."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.conftest import PASSWORD
from tests.e2e.fleet import Fleet
from tests.e2e.login_kit import SECRET, alpha, confirm, reveal, sent
from tests.e2e.test_axe import SCREENS, Barriers

__all__ = ["alpha"]
pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def test_keys_alone_suffice(fleet: Fleet, alpha: str, new_context: NewContext) -> None:
    page = fleet.enter(new_context(), alpha)

    def press(name: str, role: str = "button") -> None:
        for _tab in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("() => document.activeElement.textContent.trim()") == name:
                break
        expect(page.get_by_role(role, name=name)).to_be_focused()  # type: ignore[arg-type]
        page.keyboard.press("Enter")

    press("Reveal")
    expect(page.get_by_label("Password")).to_be_visible()
    page.get_by_label("Password").focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Default login")).to_be_visible()
    press("Reveal")
    expect(page.locator("#password")).to_have_text(SECRET)
    press("Hide now", "link")
    expect(page.get_by_text("The provider still told it at")).to_be_visible()
    press("Clear…", "link")
    expect(page.get_by_text("That cannot be undone.")).to_be_visible()
    press("Clear")
    expect(page.get_by_text("is cleared.")).to_be_visible()


def test_without_a_script_it_is_hidden_by_the_page_itself(
    fleet: Fleet, alpha: str, new_context: NewContext
) -> None:
    def hurry(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('content="60; url', 'content="1; url'))

    page = fleet.enter(new_context(java_script_enabled=False), alpha)
    page.route("**/login/reveal/", hurry)
    page.get_by_role("button", name="Reveal").click()
    confirm(page)
    page.get_by_role("button", name="Reveal").click()
    expect(page.locator("#password")).to_have_text(SECRET)
    expect(page.get_by_text("The provider still told it at")).to_be_visible()
    assert "of-alpha" not in page.content()
    page.get_by_role("link", name="Clear…").click()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("No longer available since")).to_be_visible()
    assert (sent(fleet, "GET"), sent(fleet, "POST")) == (1, 1)


def test_on_a_phone_nothing_is_too_small_or_too_wide(
    fleet: Fleet, alpha: str, new_context: NewContext
) -> None:
    page = fleet.enter(new_context(**PHONE), alpha)

    def look() -> None:
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        for target in page.locator("main .btn, main button").all():
            box = target.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 44, target.inner_text()

    look()
    fleet.set("alpha", password=f"{SECRET}{'0123456789' * 12}")
    page.get_by_role("button", name="Reveal").tap()
    confirm(page)
    page.get_by_role("button", name="Reveal").tap()
    expect(page.locator("#password")).to_have_text(re.compile("9$"))
    look()
    page.goto(f"{fleet.panel.url}{alpha}clear/")
    look()


@pytest.mark.parametrize("screen", SCREENS)
def test_its_pages_are_free_of_barriers(
    fleet: Fleet, alpha: str, new_context: NewContext, screen: str
) -> None:
    found = Barriers()
    page = fleet.enter(new_context(viewport=SCREENS[screen]), alpha)
    found.look(page, "not known")
    reveal(page)
    found.look(page, "revealed")
    page.get_by_role("link", name="Hide now").click()
    found.look(page, "held")
    page.get_by_role("link", name="Clear…").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found.look(page, "the question in a dialog")
    page.goto(f"{fleet.panel.url}{alpha}clear/")
    found.look(page, "the question")
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("No longer available since")).to_be_visible()
    found.look(page, "cleared")
    assert found == []
