"""Two people in two browsers: invited, a project shared, acted on through it, seen who acted; demoted meanwhile."""

import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.fleet import Fleet, say_state
from tests.e2e.powers import sent

pytestmark = pytest.mark.browser


def test_two_people_share_a_machine_and_one_is_demoted_meanwhile(
    fleet: Fleet, new_context: Callable[..., BrowserContext]
) -> None:
    fleet.add("alpha", status="stopped")
    fleet.save_token()
    lead = fleet.enter(new_context(), "/teams/")
    lead.get_by_label("Name").fill("Shop")
    lead.get_by_role("button", name="Make it").click()
    lead.get_by_role("button", name="Share", exact=True).click()
    expect(lead.get_by_text(f"The machines of {fleet.project} are shared with Shop.")).to_be_visible()
    team = lead.url
    lead.get_by_label("Role", exact=True).select_option(label="Operator: also power, console, tags and notes")
    lead.get_by_role("button", name="Make a link").click()
    link = str(lead.locator(".copy").text_content()).strip()

    mate, other = fleet.panel.person(f"mate-{secrets.token_hex(3)}"), new_context()
    fleet.panel.let_in(other, fleet.panel.session(mate))
    page = other.new_page()
    page.goto(link)
    expect(page).to_have_url(f"{fleet.panel.url}/teams/join/")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", name="Shop", level=1)).to_be_visible()
    page.goto(fleet.panel.url)
    expect(say_state(page, "alpha")).to_have_text("Stopped")
    page.goto(f"{fleet.panel.url}{fleet.machine_path('alpha')}")
    power = page.get_by_role("group", name="Power and console")
    power.get_by_role("button", name="Start").click()
    expect(page.locator(".title .state")).to_have_text("Running")
    assert sent(fleet, "alpha") == ["start"]

    lead.goto(f"{fleet.panel.url}{fleet.machine_path('alpha')}")
    expect(lead.locator("#timeline")).to_contain_text(f"{mate.username} pressed Start")
    lead.goto(team)
    row = lead.get_by_role("row").filter(has_text=mate.username)
    row.get_by_role("combobox").select_option(label="Viewer")
    row.get_by_role("button").click()
    expect(lead.get_by_text(f"{mate.username} is viewer now.")).to_be_visible()
    expect(power.get_by_text("Reboot", exact=True)).to_have_count(0)
    expect(page.locator(".title .state")).to_have_text("Running")
