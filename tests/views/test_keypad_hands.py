"""The buttons of cards and rows while machines move, on a phone, without a script, and for everybody."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.barriers import barriers
from tests.rows import give_action, give_machine
from tests.views.boards import change
from tests.views.keypad_kit import key, more
from vps.models import Machine

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Opened = Callable[..., Page]
A_POLL = 6_000  # ms; a page asks each 2 s
STEP = 50  # ms


@pytest.mark.parametrize("view", ["cards", "table"])
def test_how_long_it_is_watched_goes_on_by_itself_and_never_back(
    opened: Opened, pair: tuple[Machine, Machine], anna: User, view: str
) -> None:
    page = opened("/")
    page.clock.install()
    give_action(pair[0], anna, "reboot")
    page.goto(f"{page.url}?view={view}")
    bar = page.get_by_role("progressbar", name="Watched for 90 s")
    began = bar.evaluate("bar => bar.value")
    page.clock.run_for(5_000)
    gone = bar.evaluate("bar => bar.value")
    assert gone >= began + 4
    with page.expect_response(lambda answer: "/cards/" in answer.url and answer.status == 200):
        change(pair[0], cpu=95)
        page.clock.run_for(2_000)
    expect(page.locator(f"#m{pair[0].pk}")).to_contain_text("95 %")
    assert bar.evaluate("bar => bar.value") >= gone


@pytest.mark.parametrize(("mine", "pause"), [(True, 1000), (False, 2000)])
def test_a_page_asks_each_second_while_its_readers_machine_moves_and_else_each_other(
    opened: Opened, pair: tuple[Machine, Machine], anna: User, ben: User, mine: bool, pause: int
) -> None:
    page = opened("/")
    page.clock.install()
    give_action(pair[0], anna if mine else ben, "reboot")
    page.reload()
    page.clock.pause_at(page.evaluate("() => Date.now() + 1000"))
    until_asked(page)
    # where the panel answers slowly it is asked a little later
    assert pause <= until_asked(page) <= 1.5 * pause


def until_asked(page: Page) -> int:
    """Lets time pass until the page's next poll, and returns how much; the poll has been answered then."""
    # Told by the page itself: what the browser tells of a request comes later, and time would have gone on by then.
    page.evaluate(
        """() => {
            window.asked = false;
            htmx.on('htmx:beforeRequest', () => { window.asked = true; });
            window.told = new Promise(told => htmx.on('htmx:afterRequest', told));
        }"""
    )
    passed = 0
    while passed < A_POLL and not page.evaluate("() => window.asked"):
        page.clock.run_for(STEP)
        passed += STEP
    page.evaluate("() => window.told.then(() => 0)")
    return passed


# Selecting -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["cards", "table"])
def test_what_is_ticked_stays_ticked_through_every_refresh(
    opened: Opened, pair: tuple[Machine, Machine], anna: User, view: str
) -> None:
    page = opened(f"/?view={view}")
    page.get_by_role("link", name="Select").click()
    box = page.get_by_role("checkbox", name="web-01", exact=True)
    box.check()
    change(pair[0], cpu=95, word="stopped")
    expect(page.locator(f"#m{pair[0].pk}")).to_contain_text("95 %", timeout=A_POLL)
    expect(box).to_be_checked()
    fresh = give_machine(pair[0].accesses.get().token, machine={"name": "web-03"})
    expect(page.locator(f"#m{fresh.pk}")).to_be_visible(timeout=A_POLL)
    expect(box).to_be_checked()
    expect(page.get_by_role("checkbox", name="web-02", exact=True)).not_to_be_checked()
    page.get_by_role("link", name="Done").click()
    expect(box).to_have_count(0)


# Hands, eyes and no script ---------------------------------------------------------------------------


def test_every_key_and_item_is_as_large_as_a_thumb_on_a_phone(
    opened: Opened, pair: tuple[Machine, Machine]
) -> None:
    page = opened("/", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    more(page, "web-01").tap()
    expect(page.locator("#more .of")).to_be_visible()
    small = page.locator(".acts > *, #more a, #more button").evaluate_all(
        """all => all.map(one => one.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height))
           .filter(least => least < 44)"""
    )
    assert small == []
    box = page.locator("#more").bounding_box()
    assert box
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 844
    last = page.get_by_role("button", name="Copy machine id")
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport(ratio=1)
    page.goto(f"{page.url}?select=1&view=table")
    labels = page.locator(".pick label").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert len(labels) == 2
    assert min(labels) >= 44


def test_without_a_script_the_keys_lead_to_their_questions(
    opened: Opened, pair: tuple[Machine, Machine]
) -> None:
    page = opened("/", java_script_enabled=False)
    expect(more(page, "web-01")).to_be_hidden()
    key(page, "web-01", "Shut down").click()
    expect(page.get_by_role("heading", name="Shut down web-01?")).to_be_visible()
    page.go_back()
    key(page, "web-02", "Shut down").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="web-02 is already stopped")).to_be_visible()


@pytest.fixture
def everything(anna: User, pair: tuple[Machine, Machine]) -> int:
    """Machines in every state that an action leads to; how many there are."""
    token = pair[0].accesses.get().token
    over: dict[str, Any] = {"observed_at": pair[0].status.heard_at}
    actions: list[dict[str, Any]] = [
        {"command": "stop"},
        {"command": "kill", "state": "sent"},
        {"command": "stop", "state": "unknown", "person_name": "a.very.long.name@of.somebody.example.org"},
        {"command": "stop", "observed": "not_reached", **over},
        {"command": "reboot", "state": "unknown", "observed": "not_seen", **over},
    ]
    for action in actions:
        give_action(give_machine(token), anna, **action)
    troubled = give_machine(token, problem="unreachable", reason="timeout", since=pair[0].status.heard_at)
    give_action(troubled, anna, **actions[-1])
    return len(actions) + 3


@pytest.mark.parametrize("width", [1440, 390])
def test_no_state_of_a_machine_is_a_barrier_or_makes_its_card_higher(
    opened: Opened, everything: int, width: int
) -> None:
    page = opened("/", viewport={"width": width, "height": 900})
    heights = page.locator(".card").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert len(heights) == everything
    assert len(set(heights)) == 1
    more(page, "web-01").click()
    expect(page.locator("#more .of")).to_be_visible()
    for address in ("", "?view=table", "?select=1", "?select=1&view=table"):
        if address:
            page.goto(f"{page.url.partition('?')[0]}{address}")
        assert barriers(page) == []
