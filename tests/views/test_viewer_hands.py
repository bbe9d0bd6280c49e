"""What a viewer finds in a browser: pages to look at, on which nothing acts."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.rows import give_machine, give_share, give_team, give_token
from tests.views.keypad_kit import ON_TIME
from vps.models import Member, Role

pytestmark = pytest.mark.browser
# What acts on the page itself, the clipboard or one's own account, and never on a machine.
HARMLESS = {"Keyboard shortcuts", "Switch between light and dark", "ben: your account", "Show", "Sign out"}


@pytest.fixture
def bens(new_context: object, live_server: LiveServer, anna: User, ben: User) -> Page:
    """Ben's browser; Anna shares a running and a stopped machine with a team in which he looks."""
    token = give_token(anna)
    give_share(token, give_team(admin=anna, viewer=ben))
    give_machine(token, machine={"name": "web-01", "product": "vm-1", "ipv4": "203.0.113.3"}, **ON_TIME)
    give_machine(token, machine={"name": "web-02", "product": "vm-2"}, word="stopped", **ON_TIME)
    client = Client()
    client.force_login(ben)
    context: BrowserContext = new_context(base_url=live_server.url)  # type: ignore[operator]
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    return context.new_page()


def controls(page: Page) -> set[str]:
    """All buttons and boxes that are in the page, shown or not, but for those that copy a text."""
    found = page.locator("button:not(.copy), input[type=checkbox]:not(#keys-on), a.ask, .acts")
    return {(each.get_attribute("aria-label") or each.text_content() or "").strip() for each in found.all()}


def test_a_viewers_page_has_no_live_control(bens: Page) -> None:
    for address in ("/", "/?view=table", "/?select=1", "/machines/prj-1/vm-1/"):
        bens.goto(address)
        expect(bens.get_by_text("web-01").first).to_be_visible()
        assert controls(bens) <= HARMLESS, address


def test_who_is_demoted_loses_the_buttons_of_the_open_page_and_who_is_promoted_gets_them(
    bens: Page, ben: User
) -> None:
    bens.goto("/")
    group = bens.get_by_role("group", name="web-01")
    expect(group).to_have_count(0)
    Member.objects.filter(person=ben).update(role=Role.OPERATOR)
    expect(group.get_by_role("link", name="Reboot")).to_be_visible()
    Member.objects.filter(person=ben).update(role=Role.VIEWER)
    expect(group).to_have_count(0)
