"""Everything works without a script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.conftest import PASSWORD
from tests.e2e.fleet import Fleet, say_state

pytestmark = pytest.mark.browser


def test_from_signing_in_to_forgetting_a_token_without_a_script(
    fleet: Fleet, new_context: Callable[..., BrowserContext]
) -> None:
    fleet.add("alpha", "beta")
    fleet.set("beta", status="stopped")
    page = new_context(java_script_enabled=False).new_page()
    page.goto(fleet.panel.url)
    page.get_by_label("Name or e-mail").fill(fleet.person)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Name", exact=True).fill("Shop")
    page.get_by_label("Token", exact=True).fill(fleet.token.token)
    page.get_by_label("Project IDs").fill(fleet.project)
    page.get_by_role("button", name="Add token").click()
    expect(page.get_by_text("“Shop” is saved.")).to_be_visible()
    page.get_by_role("link", name="Board", exact=True).click()
    expect(page.get_by_role("heading", name=fleet.project)).to_be_visible()
    for _reload in range(20):  # which a browser without scripts does every ten seconds, by itself
        page.reload()
        if page.get_by_role("link", name="1 Stopped").count():
            break
    expect(say_state(page, "alpha")).to_have_text("Running")
    assert page.locator("noscript meta[http-equiv=refresh], meta[http-equiv=refresh]").count()
    page.get_by_role("link", name="1 Stopped").click()
    expect(page.locator(".card")).to_have_count(1)
    page.get_by_label("Group by").select_option(label="No groups")
    page.get_by_role("searchbox").fill("bet")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".card")).to_have_count(1)
    expect(page).to_have_url(f"{fleet.panel.url}/?show=stopped&q=bet&group=none")
    page.get_by_role("link", name="beta", exact=True).click()
    expect(page.locator(".title .state")).to_have_text("Stopped")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("link", name="Tokens").click()
    page.get_by_role("link", name="Manage").click()
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text(f"{fleet.project}: 2 machines found.")).to_be_visible()
    page.get_by_role("link", name="Forget this token…").click()
    page.get_by_role("button", name="Forget it").click()
    expect(page.get_by_text("“Shop” is forgotten.")).to_be_visible()
