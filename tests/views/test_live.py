"""The pages in a real browser: they stay right without a reload, and what is under the hand stays where it is."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from tests.conftest import Complaints
from tests.rows import give_machine, give_token
from tests.views.boards import change
from vps.models import Machine, StateChange, Status

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

A_POLL = 6_000  # ms; a page asks each 2 s


def card(page: Page, machine: Machine) -> Locator:
    return page.locator(f"#m{machine.pk}")


def order(page: Page) -> list[str]:
    return page.locator("#groups h3, #groups .name").all_inner_texts()


@pytest.mark.parametrize("view", ["cards", "table"])
def test_a_change_comes_by_itself_and_the_order_stays(
    opened: Callable[..., Page], machines: list[Machine], view: str
) -> None:
    page = opened(f"/?view={view}")
    before = order(page)
    change(machines[2], word="stopped", problem="unreachable", reason="timeout", since=timezone.now())
    expect(card(page, machines[2])).to_contain_text("API unreachable", timeout=A_POLL)
    expect(page).to_have_title("(1) Board · VPS Dashboard")
    expect(page.locator('link[rel="icon"]')).to_have_attribute("href", re.compile("favicon-problem"))
    expect(page.locator('#counts [data-show="problems"] b')).to_have_text("1")
    assert order(page) == before


@pytest.mark.parametrize("view", ["cards", "table"])
def test_focus_and_an_open_menu_survive_refreshes(
    opened: Callable[..., Page], machines: list[Machine], view: str
) -> None:
    page = opened(f"/?view={view}")
    button = card(page, machines[1]).get_by_role("button", name="More")
    button.click()
    button.evaluate("button => { button.mine = true }")
    expect(page.locator("#more").get_by_text("Copy name")).to_be_visible()  # its items have come
    box = page.locator("#more").bounding_box()
    for cpu in range(5, 25, 5):
        change(machines[1], cpu=cpu, word="running" if cpu % 2 else "stopped")
        expect(card(page, machines[1])).to_contain_text(f"{cpu} %", timeout=A_POLL)
    expect(page.locator("#more")).to_be_visible()
    assert page.locator("#more").bounding_box() == box
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    assert button.evaluate("button => button.mine")


def test_a_new_machine_takes_its_place_and_the_others_keep_theirs(
    opened: Callable[..., Page], anna: User, machines: list[Machine]
) -> None:
    page = opened("/")
    page.get_by_role("link", name="web-01").focus()
    fresh = give_machine(give_token(anna), machine={"name": "cache-02"})
    expect(card(page, fresh)).to_be_visible(timeout=A_POLL)
    assert order(page) == ["cache-01", "cache-02", "db-01", "web-01"]
    expect(page.get_by_role("link", name="web-01")).to_be_focused()
    fresh.delete()
    expect(card(page, fresh)).to_have_count(0, timeout=A_POLL)


def test_a_late_collector_is_said_aloud_and_heals(
    opened: Callable[..., Page], machines: list[Machine]
) -> None:
    page = opened("/")
    past = timezone.now() - timedelta(minutes=5)
    Status.objects.update(late_at=past, due_at=past)
    expect(page.locator("#heard")).to_contain_text("The collector is late", timeout=A_POLL)
    expect(page.get_by_role("alert")).to_contain_text("The collector is late: a check was due at")
    expect(page.locator("#main")).to_have_class(re.compile("stale"))
    expect(card(page, machines[0])).to_contain_text("Was running")
    soon = timezone.now() + timedelta(minutes=5)
    Status.objects.update(late_at=soon, due_at=soon)
    expect(page.locator("#heard")).to_contain_text("The collector is on time", timeout=A_POLL)
    expect(page.locator("#main")).not_to_have_class(re.compile("stale"))


def test_a_panel_that_does_not_answer_is_said_and_heals(
    opened: Callable[..., Page], machines: list[Machine], complaints: Complaints
) -> None:
    for expected in ("htmx:sendError", "htmx:afterRequest", "ERR_FAILED"):
        complaints.expect(expected)
    page = opened("/")
    away: Callable[[Route], None] = lambda route: route.abort()  # noqa: E731
    page.route("**/cards/**", away)
    lost = page.get_by_role("alert").filter(has_text="No connection to the panel since")
    expect(lost).to_be_visible(timeout=15_000)
    expect(page.locator("#main")).to_have_class(re.compile("stale"))
    page.unroute("**/cards/**", away)
    expect(lost).to_be_hidden(timeout=15_000)
    expect(page.locator("#main")).not_to_have_class(re.compile("stale"))


def test_a_hidden_tab_asks_nothing_and_asks_at_once_when_seen_again(
    opened: Callable[..., Page], machines: list[Machine]
) -> None:
    page = opened("/tokens/")
    page.clock.install()
    page.goto("/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/cards/" in request.url else None)
    show(page, hidden=True)
    page.clock.run_for(60_000)
    assert asked == []
    with page.expect_request("**/cards/**"):
        show(page, hidden=False)


def show(page: Page, hidden: bool) -> None:
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
            document.dispatchEvent(new Event('visibilitychange'))
        }""",
        hidden,
    )


def test_ages_tick_in_the_browser_without_a_request(
    opened: Callable[..., Page], machines: list[Machine]
) -> None:
    Status.objects.update(booted_at=timezone.now() - timedelta(minutes=5))
    page = opened("/tokens/")
    page.clock.install()
    page.goto("/")
    page.route("**/cards/**", lambda route: route.fulfill(status=204))
    expect(card(page, machines[0])).to_contain_text("up 5 min")
    page.clock.run_for(61_000)
    expect(card(page, machines[0])).to_contain_text("up 6 min")
    expect(card(page, machines[0]).locator("time")).to_have_attribute(
        "title", re.compile(r"\d{4}, \d\d:\d\d:\d\d")
    )


def test_search_as_one_types_keeps_the_focus_and_the_address_follows(
    opened: Callable[..., Page], machines: list[Machine], live_server: LiveServer
) -> None:
    page = opened("/")
    page.keyboard.press("/")
    page.keyboard.type("web")
    expect(page.locator(".card")).to_have_count(1)
    expect(page).to_have_url(f"{live_server.url}/?q=web")
    expect(page.get_by_role("searchbox")).to_be_focused()
    with page.expect_request("**/cards/?q=web&**", timeout=A_POLL):
        pass
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.locator(".card")).to_have_count(3)
    expect(page).to_have_url(f"{live_server.url}/")


def test_the_machine_page_follows_what_is_heard(opened: Callable[..., Page], machines: list[Machine]) -> None:
    page = opened(f"/machines/prj-1/{machines[0].product}/")
    expect(page.locator(".title .state")).to_have_text("Running")
    change(machines[0], word="stopped", checked_at=timezone.now())
    expect(page.locator(".title .state")).to_have_text("Stopped", timeout=A_POLL)


def test_earlier_changes_stay_unfolded_and_days_are_the_viewers(
    opened: Callable[..., Page], machines: list[Machine]
) -> None:
    noon = timezone.now().replace(hour=12, minute=0) - timedelta(days=2)
    StateChange.objects.bulk_create(
        StateChange(machine=machines[0], at=noon - timedelta(hours=hours), word="running")
        for hours in range(14)
    )
    page = opened(f"/machines/prj-1/{machines[0].product}/")
    page.get_by_text("4 earlier events").click()
    days = page.locator("#timeline .day:visible")
    heads = days.all_text_contents()
    assert len(heads) == len(set(heads)) == 2
    change(machines[0], word="stopped", checked_at=timezone.now())
    expect(page.locator(".title .state")).to_have_text("Stopped", timeout=A_POLL)
    expect(page.locator("#timeline details")).to_have_attribute("open", "")
    assert days.all_text_contents() == heads
