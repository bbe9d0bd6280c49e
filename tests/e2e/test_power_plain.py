"""Power buttons without a script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.fleet import Fleet, card, say_state
from tests.e2e.powers import sent

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]


@pytest.fixture
def web(fleet: Fleet) -> Fleet:
    fleet.add("web")
    fleet.save_token()
    return fleet


@pytest.fixture
def page(web: Fleet, new_context: NewContext) -> Page:
    page = web.enter(new_context(java_script_enabled=False))
    shows(page, "Running")
    return page


def shows(page: Page, state: str) -> None:
    """Loads the page again, as such a browser does every ten seconds by itself, until it shows that."""
    for _reload in range(60):
        page.goto(page.url)
        if page.locator(".title .state, .card .state").first.text_content() == state:
            return
    expect(page.locator(".title .state, .card .state").first).to_have_text(state)


def test_every_action_is_asked_and_answered_on_pages(web: Fleet, page: Page) -> None:
    card(page, "web").get_by_role("link", name="Shut down").click()
    expect(page.get_by_role("heading", name="Shut down web?")).to_be_visible()
    page.get_by_role("button", name="Shut down").click()
    expect(page).to_have_url(f"{web.panel.url}{web.machine_path('web')}")
    expect(
        page.get_by_text("web was asked to shut down. It is watched until it has stopped.")
    ).to_be_visible()
    shows(page, "Stopped")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("web was asked to start.")).to_be_visible()
    shows(page, "Running")
    page.get_by_role("link", name="Force stop").click()
    page.get_by_role("button", name="Force stop").click()
    expect(page.get_by_role("heading", name="Force stop web?")).to_be_visible()  # it waits for its tick
    page.get_by_label("I have no other way to stop it.").check()
    page.get_by_role("button", name="Force stop").click()
    expect(page.get_by_text("web was told to stop at once.")).to_be_visible()
    assert sent(web, "web") == ["stop", "start", "kill"]


def test_start_on_the_board_comes_back_to_the_board(web: Fleet, page: Page) -> None:
    web.set("web", status="stopped")
    page.goto(f"{web.panel.url}/?q=web&group=none")
    shows(page, "Stopped")
    card(page, "web").get_by_role("button", name="Start").click()
    expect(page).to_have_url(f"{web.panel.url}/?q=web&group=none")
    expect(page.get_by_text("web was asked to start.")).to_be_visible()
    expect(say_state(page, "web")).to_have_text("Starting")


def test_going_back_and_pressing_again_sends_nothing(web: Fleet, page: Page) -> None:
    card(page, "web").get_by_role("link", name="Reboot").click()
    page.get_by_role("button", name="Reboot").click()
    expect(page.get_by_text("web was asked to reboot.")).to_be_visible()
    page.reload()
    page.go_back()
    if page.get_by_role("button", name="Reboot").count():
        page.get_by_role("button", name="Reboot").click()
        expect(page.get_by_text("Nothing was sent a second time.")).to_be_visible()
    else:
        expect(page.get_by_role("heading", name="web is already rebooting")).to_be_visible()
    assert sent(web, "web") == ["reboot"]


def test_a_failure_is_told_on_the_page(web: Fleet, page: Page) -> None:
    web.provider.fault("status", code=401, kind="control", project=web.project)
    card(page, "web").get_by_role("link", name="Reboot").click()
    page.get_by_role("button", name="Reboot").click()
    told = page.get_by_role("alert").filter(has_text="web was not rebooted: the token was refused.")
    told.get_by_role("link", name="Open the token").click()
    expect(page.get_by_role("heading", name="Mine")).to_be_visible()
