"""The console when something fails: what it says in words, what it does by itself, and what the person can do."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.conftest import Complaints
from tests.e2e.consoles import (
    connect,
    console_path,
    drop_connections,
    expect_connected,
    provider_away,
    stays,
    stop_clock,
    told,
    until,
    until_line,
)
from tests.e2e.fleet import Fleet
from vps.models import Token

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
OPENED, CLOSED = ("console.opened", "succeeded"), ("console.closed", "closed")


@pytest.fixture
def page(fleet: Fleet, new_context: NewContext, complaints: Complaints) -> Page:
    """The page of a running machine's console, not yet connected; noVNC and the browser log what is lost."""
    for part in ("WebSocket", "Failed when connecting", "Failed while connected", "ERR_"):
        complaints.expect(part)
    fleet.add("web")
    fleet.save_token()
    return fleet.enter(new_context(), console_path(fleet, "web"))


def asked(fleet: Fleet) -> int:
    return fleet.provider.calls.count("console", fleet.machines["web"])


def case(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", name=heading)).to_be_visible()


def reason(page: Page) -> Locator:
    return page.locator(".reason:visible")


def give_ticket(fleet: Fleet, **changed: str) -> None:
    """The provider's next answer: a ticket of its own with something changed."""
    ticket, secret = fleet.provider.tickets.issue(fleet.project, fleet.machines["web"])
    body = {"success": True, "ticket": ticket, "secret": secret, **changed}
    fleet.provider.fault("wrong_json", kind="console", product=fleet.machines["web"], body=body, times=1)


def test_a_dropped_connection_heals_with_a_new_ticket(fleet: Fleet, page: Page) -> None:
    page.clock.install()
    connect(page)
    stop_clock(page)
    drop_connections(fleet.provider)
    case(page, "The connection to the console is lost")
    expect(reason(page)).to_contain_text("Try 1 of 10 in 1 s, by itself.")
    expect(page.get_by_role("button", name="Connect now")).to_be_focused()
    page.clock.resume()
    expect_connected(page)
    page.keyboard.type("again")
    until_line(fleet, "web", "web login: again_")
    assert asked(fleet) == 2
    assert [(stay.tickets, stay.ended) for stay in stays(fleet)] == [(2, "")]
    assert told(fleet) == [OPENED]


def test_a_text_is_typed_into_one_connection_only(fleet: Fleet, page: Page) -> None:
    page.clock.install()
    connect(page)
    stop_clock(page)
    page.get_by_role("button", name="Paste").click()
    page.get_by_label("Text").fill("root\nrm -rf x\n")
    page.get_by_role("button", name="Type it").click()
    until_line(fleet, "web", "web login: r_")
    for typed in ("ro", "roo", "root"):
        page.clock.run_for(20)
        until_line(fleet, "web", f"web login: {typed}_")
    page.get_by_role("button", name="Paste").click()
    expect(page.get_by_role("alert")).to_contain_text("The text before is still being typed.")
    expect(page.get_by_label("Text")).to_be_hidden()
    drop_connections(fleet.provider)
    case(page, "The connection to the console is lost")
    page.clock.resume()
    expect(page.get_by_role("alert").last).to_contain_text("was lost: 4 of 14 characters were typed.")
    expect_connected(page)
    page.keyboard.type("s")
    until_line(fleet, "web", "web login: roots_")


def test_a_restarted_provider_heals(fleet: Fleet, page: Page) -> None:
    connect(page)
    with provider_away(fleet.provider):
        case(page, "The connection to the console is lost")
        expect(reason(page)).to_contain_text("The provider could not be reached: it refused the connection.")
    expect_connected(page)
    page.keyboard.type("back")
    until_line(fleet, "web", "web login: back_")
    assert len(stays(fleet)) == 1


def test_after_ten_tries_it_gives_up_and_waits_for_a_press(fleet: Fleet, page: Page) -> None:
    page.clock.install()
    connect(page)
    stop_clock(page)
    fleet.provider.fault("status", code=500, kind="console", product=fleet.machines["web"])
    drop_connections(fleet.provider)
    for number in range(1, 11):
        expect(reason(page)).to_contain_text(
            f"Try {number} of 10 in {min(30, 2 ** (number - 1))} s, by itself."
        )
        page.clock.fast_forward(31_000)
    case(page, "The connection did not come back")
    expect(reason(page)).to_contain_text("it answered with a failure of its own")
    page.clock.fast_forward(600_000)
    assert asked(fleet) == 11
    until(lambda: [stay.ended for stay in stays(fleet)] == ["closed"])
    fleet.provider.clear_faults()
    page.get_by_role("button", name="Connect again").click()
    expect_connected(page)
    assert told(fleet) == [OPENED, CLOSED, OPENED]


def test_a_ticket_that_is_not_taken(fleet: Fleet, page: Page) -> None:
    give_ticket(fleet, ticket="action_nobody")
    page.get_by_role("button", name="Connect").click()
    case(page, "The console did not open")
    expect(reason(page)).to_contain_text(
        "its console did not take it, or cannot be reached from this browser."
    )
    expect(page.get_by_role("button", name="Try again")).to_be_focused()
    assert not re.search(r"\b1\d\d\d\b", page.locator("main").inner_text())  # no close codes
    page.keyboard.press("Enter")
    expect_connected(page)


def test_a_secret_that_is_wrong(fleet: Fleet, page: Page) -> None:
    give_ticket(fleet, secret="wrong-one")
    page.get_by_role("button", name="Connect").click()
    case(page, "The console did not open")
    expect(reason(page)).to_contain_text(
        "The console refused the password that the provider had given for it."
    )
    expect(reason(page)).to_contain_text("It said: “Authentication failed”.")
    page.get_by_role("button", name="Try again").click()
    expect_connected(page)


@pytest.mark.parametrize(
    ("code", "words", "link"),
    [
        (401, "refuses this token (401)", True),
        (403, "The token may not do this (403).", True),
        (404, "knows no such project or machine", True),
        (429, "wants fewer calls (429). Try again in a minute.", False),
        (500, "The provider could not be reached", False),
        (400, "It said: “Bad request”.", False),
    ],
)
def test_no_ticket_says_why_and_what_to_do(
    fleet: Fleet, page: Page, code: int, words: str, link: bool
) -> None:
    fleet.provider.fault("status", code=code, kind="console", product=fleet.machines["web"], times=1)
    page.get_by_role("button", name="Connect").click()
    case(page, "The console did not open")
    expect(reason(page)).to_contain_text(words)
    expect(page.get_by_role("link", name="Look at the token")).to_be_visible(visible=link)
    page.get_by_role("button", name="Try again").click()
    expect_connected(page)


def test_a_panel_that_does_not_answer(page: Page) -> None:
    page.context.set_offline(True)
    page.get_by_role("button", name="Connect").click()
    case(page, "The console did not open")
    expect(reason(page)).to_contain_text("The panel does not answer.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect_connected(page)


def test_who_was_signed_out_is_sent_to_sign_in(fleet: Fleet, page: Page) -> None:
    fleet.panel.end_session(fleet.cookie)
    page.get_by_role("button", name="Connect").click()
    expect(page).to_have_url(
        re.compile(rf"/accounts/login/\?next={console_path(fleet, 'web')}".replace("/", "(/|%2F)"))
    )


def test_a_stopped_machine_is_started_and_connects_by_itself(fleet: Fleet, new_context: NewContext) -> None:
    fleet.add("web", status="stopped")
    fleet.save_token()
    page = fleet.enter(new_context(), console_path(fleet, "web"))
    case(page, "web is stopped")
    assert asked(fleet) == 0
    page.get_by_role("button", name="Start").first.click()
    expect_connected(page)
    assert fleet.provider.calls.count("control", fleet.machines["web"]) == 1


def test_a_machine_that_stops_meanwhile_says_so_and_comes_back(fleet: Fleet, page: Page) -> None:
    connect(page)
    fleet.set("web", status="stopped")
    case(page, "web is stopped")
    until(lambda: [stay.ended for stay in stays(fleet)] == ["closed"])
    fleet.set("web", status="running")
    expect_connected(page)


def test_who_may_not_use_it_any_more_is_told_at_the_next_sign_of_life(
    fleet: Fleet, page: Page, complaints: Complaints
) -> None:
    complaints.expect("403")
    page.context.route(
        "**/clock.*js",
        lambda route: route.fulfill(
            body="setInterval(() => postMessage(0), 200)", content_type="text/javascript"
        ),
    )
    page.reload()
    with page.expect_response(lambda answer: "/beat/" in answer.url and answer.status == 204):
        connect(page)
    with fleet.panel.unblock():
        tokens = Token.objects.using(fleet.panel.alias).filter(owner=fleet.user)
        tokens.update(refused_at="2026-01-01T00:00:00Z")
    fleet.panel.broken = True  # Django logs each 403 with its traceback
    case(page, "The console did not open")
    expect(reason(page)).to_contain_text("No token of yours reads this machine now.")
    assert not fleet.provider.window._server.connections


def test_a_machine_that_is_taken_away_takes_the_page_along(
    fleet: Fleet, page: Page, complaints: Complaints
) -> None:
    complaints.expect("404")
    connect(page)
    with fleet.panel.unblock():
        Token.objects.using(fleet.panel.alias).filter(owner=fleet.user).delete()
    expect(page.get_by_text("There is nothing here")).to_be_visible()
