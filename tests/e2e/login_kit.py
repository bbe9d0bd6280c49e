"""A machine whose default login is to be had, and what one does to see it."""

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import PASSWORD
from tests.e2e.fleet import Fleet

SECRET = "S3cret  <&> of-alpha!"


@pytest.fixture
def alpha(fleet: Fleet) -> str:
    """The address of the page of a machine whose default login is to be had. Its reader signed in some time ago."""
    fleet.add("alpha", login_for=3600, password=SECRET, ipv4="192.0.2.7")
    fleet.save_token()
    fleet.cookie = fleet.panel.session(fleet.user, lately=False)
    return f"{fleet.machine_path('alpha')}login/"


@pytest.fixture
def known(fleet: Fleet, alpha: str) -> str:
    """The same, for who signed in just now."""
    fleet.cookie = fleet.panel.session(fleet.user)
    return alpha


def confirm(page: Page) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def reveal(page: Page) -> None:
    """Says who one is first, as the panel asks."""
    page.get_by_role("button", name="Reveal").click()
    expect(page.get_by_text("Say who you are, then press Reveal again.")).to_be_visible()
    confirm(page)
    expect(page.get_by_role("heading", name="Default login")).to_be_visible()
    page.get_by_role("button", name="Reveal").click()
    expect(page.locator("#password")).to_have_text(SECRET)


def sent(fleet: Fleet, method: str) -> int:
    return fleet.provider.calls.count("defaultlogin", fleet.machines["alpha"], method)
