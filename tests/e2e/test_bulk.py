"""Many machines at once: select, confirm once, follow each of them, whatever the browser can do."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.conftest import Complaints
from tests.e2e.fleet import Fleet
from tests.e2e.test_axe import Barriers
from tests.e2e.test_phone import AROUND, SMALL

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def shop(fleet: Fleet) -> Fleet:
    """Five machines, one of them stopped."""
    fleet.add("web-1", "web-2", "web-3", "db-1")
    fleet.add("db-2", status="stopped")
    fleet.save_token()
    return fleet


def enter(fleet: Fleet, context: BrowserContext, path: str = "/?select=1") -> Page:
    page = fleet.enter(context, path)
    for _reload in range(40):  # where no script runs
        if page.get_by_role("link", name="1 Stopped").count():
            break
        page.reload()
    return page


def box(page: Page, name: str) -> Locator:
    return page.get_by_role("checkbox", name=name, exact=True)


def line(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def asked(fleet: Fleet) -> dict[str, list[str]]:
    """What the provider was told to do, by the names of the machines."""
    calls = {
        name: fleet.provider.calls.received("control", product) for name, product in fleet.machines.items()
    }
    return {name: [call.action for call in told] for name, told in calls.items() if told}


def press(page: Page, button: str) -> None:
    page.get_by_role("form", name="Selected machines").get_by_role("button", name=button).click()


def test_some_are_selected_confirmed_and_followed_to_the_end(shop: Fleet, new_context: NewContext) -> None:
    page, found = enter(shop, new_context(viewport={"width": 1440, "height": 900})), Barriers()
    for name in ("web-1", "web-3", "db-2"):
        box(page, name).check()
    expect(page.get_by_text("3 selected")).to_be_visible()
    box(page, "web-3").uncheck()
    expect(page.get_by_text("2 selected")).to_be_visible()
    press(page, "Shut down")
    expect(page.get_by_role("heading", name="Shut down 1 machine?")).to_be_visible()
    expect(line(page, "db-2")).to_contain_text("It is stopped.")
    assert asked(shop) == {}
    found.look(page, "question")
    page.get_by_role("button", name="Shut down 1 machine").click()
    expect(page.get_by_role("heading", name="Shut down 1 machine", exact=True)).to_be_visible()
    expect(line(page, "web-1")).to_contain_text("Stopped after")
    expect(page.get_by_text("Done: 1 has stopped, 1 left out.")).to_be_visible()
    found.look(page, "summary")
    page.reload()
    page.go_back()
    assert asked(shop) == {"web-1": ["stop"]}
    assert found == []


def test_all_that_match_a_search(shop: Fleet, new_context: NewContext) -> None:
    page = enter(shop, new_context())
    page.get_by_role("searchbox").fill("web")
    page.get_by_role("checkbox", name="All 3 that match").check()
    expect(page.get_by_text("3 selected")).to_be_visible()
    press(page, "Reboot")
    expect(page.get_by_role("heading", name="Reboot 3 machines?")).to_be_visible()
    page.get_by_role("button", name="Reboot 3 machines").click()
    expect(page.get_by_text("Done: 3 run again.")).to_be_visible()
    expect(page.get_by_text("Running again after")).to_have_count(3)
    assert asked(shop) == {name: ["reboot"] for name in ("web-1", "web-2", "web-3")}
    page.get_by_role("link", name="web-2", exact=True).click()
    expect(page.get_by_role("heading", name="web-2", level=1)).to_be_visible()


def test_what_fails_is_said_and_stands_first_in_the_end(
    shop: Fleet, new_context: NewContext, complaints: Complaints
) -> None:
    page = enter(shop, new_context(), "/?select=1&view=table")
    shop.provider.fault("status", code=403, kind="control", product=shop.machines["web-2"])
    shop.provider.fault("reset", kind="control", product=shop.machines["web-3"])
    page.get_by_role("checkbox", name="All 5 machines").check()
    press(page, "Reboot")
    page.get_by_role("button", name="Reboot 4 machines").click()
    expect(line(page, "web-2")).to_contain_text("The token may not do this.")
    expect(line(page, "web-3")).to_contain_text("the connection was cut")
    expect(page.get_by_text("2 run again, 1 failed, 1 unknown, 1 left out")).to_be_visible()
    assert asked(shop) == {name: ["reboot"] for name in ("web-1", "web-2", "web-3", "db-1")}
    shop.provider.clear_faults()


def test_after_a_429_the_rest_waits_and_can_be_stopped(fleet: Fleet, new_context: NewContext) -> None:
    names = [f"web-{number:02d}" for number in range(12)]
    fleet.add(*names)
    fleet.save_token()
    page = fleet.enter(new_context(), "/?select=1")
    expect(page.get_by_role("link", name="12 Running")).to_be_visible()
    fleet.provider.fault("status", code=429, kind="control", token=fleet.token.token, skip=6)
    page.get_by_role("checkbox", name="All 12 machines").check()
    press(page, "Shut down")
    page.get_by_role("button", name="Shut down 12 machines").click()
    expect(page.get_by_text("The provider wants fewer calls (429). The rest waits until")).to_be_visible()
    expect(page.get_by_text("4 waiting")).to_be_visible()
    page.get_by_role("button", name="Stop the rest").click()
    expect(page.get_by_text(re.compile("2 failed, 4 left out"))).to_be_visible()
    assert len(asked(fleet)) == 8
    fleet.provider.clear_faults()


def test_two_tabs_and_a_reload_drive_the_same_bulk_and_each_machine_is_asked_once(
    fleet: Fleet, new_context: NewContext
) -> None:
    names = [f"web-{number:02d}" for number in range(24)]
    fleet.add(*names)
    fleet.save_token()
    fleet.provider.fault("latency", kind="control", seconds=0.3)
    context = new_context()
    page = fleet.enter(context, "/?select=1")
    expect(page.get_by_role("link", name="24 Running")).to_be_visible()
    page.get_by_role("checkbox", name="All 24 machines").check()
    press(page, "Reboot")
    page.get_by_role("button", name="Reboot 24 machines").dblclick()
    # a reload would take back what was not yet sent
    expect(page.get_by_role("button", name="Reboot 24 machines")).to_have_count(0)
    other = context.new_page()
    other.goto(page.url)
    page.reload()
    for tab in (page, other):
        expect(tab.get_by_text("Done: 24 run again.")).to_be_visible()
    assert asked(fleet) == {name: ["reboot"] for name in names}
    fleet.provider.clear_faults()


def test_a_panel_that_is_away_is_said_and_the_bulk_goes_on(
    shop: Fleet, new_context: NewContext, complaints: Complaints
) -> None:
    for part in ("ERR_", "htmx:"):
        complaints.expect(part)
    context = new_context()
    page = enter(shop, context)
    box(page, "web-1").check()
    press(page, "Reboot")
    context.route("**/next/", lambda route: route.abort())
    page.get_by_role("button", name="Reboot 1 machine").click()
    expect(page.get_by_text("The panel does not answer.")).to_be_visible()
    context.unroute("**/next/")
    expect(page.get_by_text("Done: 1 runs again.")).to_be_visible()
    expect(page.get_by_text("The panel does not answer.")).to_be_hidden()


def test_keys_alone_suffice(shop: Fleet, new_context: NewContext) -> None:
    page = enter(shop, new_context(), "/")
    page.get_by_role("link", name="Select", exact=True).focus()
    page.keyboard.press("Enter")
    box(page, "web-1").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.get_by_role("checkbox", name="All 5 machines").focus()
    for _stop in range(3):  # Start, Reboot, Shut down
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Shut down 1 machine?")).to_be_visible()
    for _stop in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.textContent") == "Shut down 1 machine":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text("Done: 1 has stopped.")).to_be_visible()
    assert asked(shop) == {"web-1": ["stop"]}


def test_without_a_script(fleet: Fleet, new_context: NewContext) -> None:
    names = [f"web-{number:02d}" for number in range(10)]
    fleet.add(*names)
    fleet.add("off", status="stopped")
    fleet.save_token()
    page = enter(fleet, new_context(java_script_enabled=False), "/?select=1")
    press(page, "Reboot")
    expect(page.get_by_text("No machine is selected.")).to_be_visible()
    page.get_by_role("checkbox", name="All 11 machines").check()
    press(page, "Reboot")
    expect(page.get_by_role("heading", name="Reboot 10 machines?")).to_be_visible()
    page.get_by_role("button", name="Reboot 10 machines").click()
    expect(page.get_by_text("10 waiting")).to_be_visible()
    for waiting in (2, 0):
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text(re.compile(f"{waiting} waiting"))).to_have_count(min(waiting, 1))
    for _reload in range(60):
        if page.get_by_text("Done: 10 run again").count():
            break
        page.reload()
    expect(page.get_by_text("Done: 10 run again, 1 left out.")).to_be_visible()
    assert asked(fleet) == {name: ["reboot"] for name in names}


def test_on_a_phone_and_for_everybody(shop: Fleet, new_context: NewContext) -> None:
    found, faults = Barriers(), list[str]()
    page = enter(shop, new_context(**PHONE))

    def look(what: str) -> None:
        found.look(page, what)
        page.evaluate(AROUND)
        if not page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"):
            faults.append(f"{what} is wider than the phone")
        small = page.evaluate(SMALL, 44)
        faults.extend(f"{what} {each}" for each in small if 'type="checkbox"' not in each)
        for label in page.get_by_role("main").locator("label:has([type=checkbox])").all():
            box = label.bounding_box()
            assert box
            assert min(box["width"], box["height"]) >= 44, what

    look("bar")
    page.get_by_role("checkbox", name="All 5 machines").check()
    press(page, "Shut down")
    look("question")
    page.get_by_role("button", name="Shut down 4 machines").tap()
    expect(page.get_by_text("4 accepted and watched")).to_be_visible()
    look("progress")
    expect(page.get_by_text("Done: 4 have stopped, 1 left out.")).to_be_visible()
    look("summary")
    assert not faults, "\n".join(faults)
    assert found == []
