"""A press is sent once, whatever becomes of its answer: twice, in two tabs, loaded again, gone back to, cut off."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.conftest import Complaints
from tests.e2e.fleet import Fleet, card, say_state
from tests.e2e.powers import confirm, dialog, running, sent, toast

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
START = "**/start/"


@pytest.fixture
def web(fleet: Fleet) -> Fleet:
    """One machine, stopped."""
    fleet.add("web", status="stopped")
    fleet.save_token()
    return fleet


@pytest.fixture
def page(web: Fleet, new_context: NewContext) -> Page:
    return look(web, new_context())


def look(fleet: Fleet, context: BrowserContext) -> Page:
    page = fleet.enter(context)
    expect(say_state(page, "web")).to_have_text("Stopped")
    return page


def start(page: Page, **options: Any) -> None:
    card(page, "web").get_by_role("button", name="Start").click(**options)


def test_a_press_shows_at_once_and_a_second_one_is_none(web: Fleet, page: Page) -> None:
    web.provider.fault("latency", seconds=1.5, kind="control", project=web.project)
    button = card(page, "web").get_by_role("button", name="Start")
    pressed = button.evaluate("button => (button.click(), button.click(), button.click(), button.ariaBusy)")
    assert pressed == "true"
    expect(toast(page, "web was asked to start.")).to_be_visible()
    assert sent(web, "web") == ["start"]


@pytest.mark.parametrize(("way", "opener"), [("Table", "More for web"), ("Console", "Power")])
def test_a_press_in_a_menu_shows_at_once_on_what_opened_it(
    web: Fleet, page: Page, way: str, opener: str
) -> None:
    web.provider.fault("latency", seconds=1.5, kind="control", project=web.project)
    if way == "Table":
        page.get_by_role("link", name=way).click()
    else:
        page.goto(f"{web.panel.url}{web.machine_path('web')}console/")
    button = page.get_by_role("button", name=opener)
    button.click()
    item = page.locator(":popover-open").get_by_role("button", name="Start")
    assert (
        item.evaluate("(item, opener) => (item.click(), opener.ariaBusy)", button.element_handle()) == "true"
    )
    expect(toast(page, "web was asked to start.")).to_be_visible()
    expect(button).not_to_have_attribute("aria-busy", "true")
    assert sent(web, "web") == ["start"]


def test_in_two_tabs_the_second_is_shown_the_firsts(web: Fleet, page: Page) -> None:
    other = page.context.new_page()
    other.goto(page.url)
    expect(say_state(other, "web")).to_have_text("Stopped")
    other.route("**/cards/**", lambda route: route.abort())  # this tab has not heard of it
    web.provider.fault("latency", seconds=3, kind="control", project=web.project)
    start(page, no_wait_after=True)
    start(other)
    expect(toast(other, "web is already starting.")).to_contain_text("Nothing was sent a second time.")
    assert sent(web, "web") == ["start"]


def test_another_command_meanwhile_is_a_conflict_in_words(
    web: Fleet, page: Page, new_context: NewContext, complaints: Complaints
) -> None:
    complaints.expect("409")
    web.set("web", status="running")
    expect(say_state(page, "web")).to_have_text("Running")
    card(page, "web").get_by_role("link", name="Reboot").click()
    expect(dialog(page)).to_be_visible()
    web.provider.fault("latency", seconds=4, kind="control", project=web.project)
    other = web.enter(new_context(), web.machine_path("web"))
    other.get_by_role("link", name="Shut down").click()
    dialog(other).get_by_role("button", name="Shut down", exact=True).click()
    expect(say_state(page, "web")).to_have_text("Shutting down")
    confirm(page, "Reboot")
    told = toast(page, "web is already shutting down.")
    expect(told).to_contain_text("Reboot was not sent: a machine takes one power action at a time.")
    expect(toast(other, "web was asked to shut down.")).to_be_visible()
    assert sent(web, "web") == ["stop"]


@pytest.mark.parametrize("way", ["reload", "back"])
def test_after_a_press_neither_loading_again_nor_going_back_sends_it(
    web: Fleet, page: Page, way: str
) -> None:
    start(page)
    expect(say_state(page, "web")).to_have_text("Starting")
    if way == "back":
        page.get_by_role("link", name="web", exact=True).click()
        expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    page.reload() if way == "reload" else page.go_back()
    expect(say_state(page, "web")).to_have_text("Running")
    assert sent(web, "web") == ["start"]


def test_an_answer_that_is_lost_is_told_and_pressing_again_is_the_same_press(
    web: Fleet, page: Page, complaints: Complaints
) -> None:
    complaints.expect("ERR_")
    page.route(START, obey_and_cut)
    start(page)
    told = toast(page, "The panel did not answer: nobody knows whether this was done.")
    expect(told).to_contain_text("the same press never acts twice")
    page.unroute(START)
    expect(say_state(page, "web")).to_have_text("Running")
    page.route("**/cards/**", lambda route: route.abort())
    web.set("web", status="stopped")  # so that the provider would take another
    with page.expect_response(START) as answer:
        page.evaluate(PRESS_AGAIN)
    assert answer.value.status == 200
    expect(toast(page, "This press was answered before.")).to_contain_text("Nothing was sent a second time.")
    expect(told).to_be_visible()
    told.get_by_role("button", name="Dismiss").click()
    expect(told).to_have_count(0)
    assert sent(web, "web") == ["start"]


# The button that was pressed first is another one by now.
PRESS_AGAIN = """() => {
  const button = document.createElement('button')
  const path = new URL(document.querySelector('.card h3 a').href).pathname
  button.setAttribute('form', 'act')
  button.setAttribute('formaction', `${path}start/`)
  document.querySelector('.card').append(button)
  button.click()
}"""


def obey_and_cut(route: Route) -> None:
    """The panel does what it is asked, and its answer never comes."""
    route.fetch()
    route.abort()


def test_a_panel_that_fails_leaves_it_open_too(web: Fleet, page: Page, complaints: Complaints) -> None:
    complaints.expect("500")
    page.route(START, lambda route: route.fulfill(status=500, body="Something went wrong in the panel."))
    start(page)
    expect(toast(page, "The panel did not answer")).to_be_visible()
    expect(card(page, "web").get_by_role("button", name="Start")).not_to_have_attribute("aria-busy", "true")
    page.unroute(START)
    start(page)
    expect(toast(page, "web was asked to start.")).to_be_visible()
    assert sent(web, "web") == ["start"]


def test_where_a_question_does_not_come_its_link_is_followed(
    web: Fleet, new_context: NewContext, complaints: Complaints
) -> None:
    complaints.expect("503")
    web.set("web", status="running")
    page = web.enter(new_context(), web.machine_path("web"))
    running(page)
    page.route("**/reboot/", fail_fragments)
    page.get_by_role("link", name="Reboot").click()
    expect(page.get_by_role("heading", name="Reboot web?", level=1)).to_be_visible()
    expect(dialog(page)).to_have_count(0)
    page.get_by_role("button", name="Reboot").click()
    expect(page.get_by_text("web was asked to reboot.")).to_be_visible()
    expect(page.locator(".title .state")).to_have_text("Rebooting")
    assert sent(web, "web") == ["reboot"]


def fail_fragments(route: Route) -> None:
    fragment = "hx-request" in route.request.headers
    route.fulfill(status=503, body="busy") if fragment else route.continue_()


def test_who_is_signed_out_meanwhile_signs_in_and_nothing_is_sent(web: Fleet, page: Page) -> None:
    page.route("**/cards/**", lambda route: route.abort())
    web.panel.end_session(web.cookie)
    start(page)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert sent(web, "web") == []
