"""One machine's page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.conftest import Complaints
from tests.e2e.fleet import Fleet

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]


def test_a_machine_of_which_nothing_is_heard_yet_has_a_page(fleet: Fleet, new_context: NewContext) -> None:
    fleet.add("alpha")
    fleet.provider.fault("latency", seconds=3, project=fleet.project, kind="status")
    fleet.save_token()
    page = fleet.enter(new_context(), fleet.machine_path("alpha"))
    expect(page.locator(".title .state")).to_have_text("Not seen yet")
    expect(page.get_by_text("Nothing has changed since the panel first asked.")).to_be_visible()
    expect(page.locator(".title .state")).to_have_text("Running")


def test_every_field_is_shown_with_its_unit_and_follows_the_provider(
    fleet: Fleet, new_context: NewContext
) -> None:
    fleet.add(
        "alpha", cpus=4, memory_total=8192, memory_used=2048, disk=5 * 2**30, maxdisk=20 * 2**30, cpu=15.5
    )
    fleet.set("alpha", version="9.9.9", agent=True, ipv4="192.0.2.7", ipv6="2001:db8::7/64", listed="online")
    fleet.save_token()
    page = fleet.enter(new_context(), fleet.machine_path("alpha"))
    facts = page.locator("dl.facts").last
    for told in ("running", "9.9.9", "15.5", "4", "192.0.2.7", "2001:db8::7", "online", fleet.project):
        expect(facts).to_contain_text(told)
    expect(page.locator(".title .state")).to_have_text("Running")
    fleet.set("alpha", cpu=71.5)
    expect(facts).to_contain_text("71.5")
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    fleet.set("alpha", status="stopped")
    expect(page.locator(".line li").first).to_contain_text("Stopped")
    expect(page.locator(".title .state")).to_have_text("Stopped")


def test_a_machine_that_vanished_is_gone_and_can_be_taken_off_the_board(
    fleet: Fleet, new_context: NewContext
) -> None:
    fleet.add("alpha", "beta")
    fleet.save_token()
    fleet.provider.remove(fleet.machines["alpha"])
    page = fleet.enter(new_context(), fleet.machine_path("alpha"))
    expect(page.locator(".title .state")).to_have_text("Gone")
    page.get_by_role("link", name="Take off my board…").click()
    expect(page.get_by_role("heading", name="Take “alpha” off your board?")).to_be_visible()
    page.get_by_role("button", name="Take it off").click()
    expect(page.get_by_text("“alpha” is off your board.")).to_be_visible()
    expect(page.get_by_role("link", name="beta", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="alpha", exact=True)).to_have_count(0)


def test_a_page_of_a_machine_that_one_may_not_see_any_more_becomes_not_found(
    fleet: Fleet, new_context: NewContext, complaints: Complaints
) -> None:
    complaints.expect("404")
    complaints.expect("htmx:")
    fleet.add("alpha")
    token = fleet.save_token()
    page = fleet.enter(new_context(), fleet.machine_path("alpha"))
    expect(page.get_by_role("heading", name="alpha", level=1)).to_be_visible()
    path = token.removeprefix(fleet.panel.url)
    assert fleet.panel.post(f"{path}forget/", fleet.cookie, {}).status_code == 303
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_copying_says_so_and_fills_the_clipboard(fleet: Fleet, new_context: NewContext) -> None:
    fleet.add("alpha", ipv4="192.0.2.7")
    fleet.save_token()
    context = new_context(permissions=["clipboard-read", "clipboard-write"])
    page = fleet.enter(context, fleet.machine_path("alpha"))
    page.locator(".under").get_by_role("button", name="192.0.2.7").click()
    expect(page.get_by_role("status").filter(has_text="Copied: 192.0.2.7")).to_have_count(1)
    assert page.evaluate("() => navigator.clipboard.readText()") == "192.0.2.7"
    page.locator("dl.facts").get_by_role("button", name=fleet.machines["alpha"]).click()
    expect(page.locator("dl.facts [data-flash]")).to_have_attribute("data-flash", "Copied")
    assert page.evaluate("() => navigator.clipboard.readText()") == fleet.machines["alpha"]
