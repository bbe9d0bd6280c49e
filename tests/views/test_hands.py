"""The pages in a real browser: by keys, by hand, without a script, and without barriers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.barriers import barriers
from tests.rows import give_machine, give_token
from tests.views.boards import change
from vps.models import Machine

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def keypad(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name, exact=True)


def test_the_menu_copies_what_the_card_knows(opened: Callable[..., Page], machines: list[Machine]) -> None:
    page = opened("/", permissions=["clipboard-read", "clipboard-write"])
    wanted = {
        "Copy name": "web-01",
        "Copy IPv4": "203.0.113.3",
        "Copy IPv6": "2001:db8::3",
        "Copy project id": "prj-1",
        "Copy machine id": machines[2].product,
    }
    for item, text in wanted.items():
        keypad(page, "web-01").get_by_role("button", name="More").click()
        page.get_by_role("button", name=item).click()
        expect(page.locator("#said")).to_contain_text(f"Copied: {text}")
        assert page.evaluate("() => navigator.clipboard.readText()") == text


def test_what_a_card_lacks_is_not_offered(opened: Callable[..., Page], anna: User) -> None:
    give_machine(give_token(anna), machine={"name": "bare"})
    page = opened("/")
    keypad(page, "bare").get_by_role("button", name="More").click()
    expect(page.get_by_role("button", name="Copy machine id")).to_be_visible()
    expect(page.get_by_role("button", name="Copy IPv4")).to_be_hidden()
    expect(page.get_by_role("button", name="Copy IPv6")).to_be_hidden()


def test_keys_alone(opened: Callable[..., Page], machines: list[Machine], live_server: LiveServer) -> None:
    page = opened("/")
    for key, name in [("j", "cache-01"), ("j", "db-01"), ("j", "web-01"), ("j", "web-01"), ("k", "db-01")]:
        page.keyboard.press(key)
        expect(page.get_by_role("link", name=name)).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_text("Next, previous machine")).to_be_visible()
    page.keyboard.press("Escape")
    for key, query in [("v", "?view=table"), ("p", "?show=problems&view=table"), ("p", "?view=table")]:
        page.keyboard.press(key)
        page.wait_for_url(f"{live_server.url}/{query}")
    page.keyboard.press("/")
    page.keyboard.type("jv?")
    expect(page.get_by_role("searchbox")).to_have_value("jv?")


def test_the_theme_changes_at_once_and_stays(opened: Callable[..., Page], machines: list[Machine]) -> None:
    page = opened("/", color_scheme="light")
    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_without_a_script_everything_is_there(opened: Callable[..., Page], machines: list[Machine]) -> None:
    page = opened("/", java_script_enabled=False)
    expect(page.locator(".card")).to_have_count(3)
    expect(page.locator(".dots").first).to_be_hidden()
    page.get_by_role("searchbox").fill("web")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".card")).to_have_count(1)
    page.get_by_role("link", name="web-01").click()
    expect(page.get_by_role("heading", name="web-01")).to_be_visible()
    expect(page.get_by_text("2001:db8::3/64")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_has_a_barrier_or_scrolls_sideways(
    opened: Callable[..., Page], anna: User, machines: list[Machine], width: int
) -> None:
    token = machines[0].accesses.get().token_id
    change(machines[0], problem="unreachable", reason="timeout", since=timezone.now())
    change(machines[1], problem="limited", since=timezone.now())
    give_machine(give_token(anna), machine={"name": "long-" * 40, "product": "long"}, word="migrating")
    page = opened("/", viewport={"width": width, "height": 900})
    machine = f"/machines/prj-1/{machines[0].product}/"
    for address in [
        "/",
        "/?view=table",
        "/?q=nothing",
        machine,
        "/tokens/",
        f"/tokens/{token}/",
        f"/tokens/{token}/forget/",
    ]:
        page.goto(address)
        assert barriers(page) == []


def test_the_first_run_has_none_either(opened: Callable[..., Page]) -> None:
    assert barriers(opened("/")) == []


def test_every_card_has_one_height_whatever_it_has_to_say(opened: Callable[..., Page], anna: User) -> None:
    token = give_token(anna)
    give_machine(token)
    give_machine(
        token, machine={"name": "long-" * 40, "ipv4": "", "ipv6": "2001:db8:1111:2222:3333:4444:5555:6666/64"}
    )
    said: dict[str, Any] = {"said": "a long answer " * 20, "said_to": token.pk}
    give_machine(token, problem="unreachable", reason="timeout", since=timezone.now(), **said)
    give_machine(token, word="", heard_at=None, cpu=None, memory=None, disk=None)
    for width in (1440, 390):
        page = opened("/", viewport={"width": width, "height": 1200})
        heights = page.locator(".card").evaluate_all("cards => cards.map(card => card.offsetHeight)")
        assert len(heights) == 4
        assert len(set(heights)) == 1
