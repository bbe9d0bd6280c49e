"""Polling: one request at a time and none when hidden; a refresh disturbs nobody."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.e2e.eyes import WATCH_SHIFTS, Polls, hide, is_poll, refresh
from tests.e2e.fleet import Fleet, card, say_state

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
REFRESHES = 10
NAMES = [f"m{number:02d}" for number in range(12)]


def test_ten_refreshes_leave_menu_focus_selection_scroll_and_order_alone(
    fleet: Fleet, new_context: NewContext
) -> None:
    fleet.add(*NAMES)
    fleet.save_token()
    context = new_context(viewport={"width": 800, "height": 600})
    menu, reader = fleet.enter(context), fleet.enter(context)
    for page in (menu, reader):
        expect(page.get_by_role("link", name="12 Running")).to_be_visible()
        page.evaluate(WATCH_SHIFTS)
    before = open_menu(menu), settle_down(reader)
    for turn in range(REFRESHES):
        cpu = 85 if turn % 2 else 20
        for name in NAMES:
            fleet.set(name, cpu=float(cpu))
        for name in ("m00", "m11"):
            until_shown(reader, name, f"{cpu} %")
            until_shown(menu, name, f"{cpu} %")
    assert (see_menu(menu), see_reader(reader)) == before
    for page in (menu, reader):
        assert page.evaluate("() => window.shifts") == []
    menu.keyboard.press("Escape")
    expect(menu.locator("#more")).to_be_hidden()
    expect(card(menu, "m03").locator(".dots")).to_be_focused()


def until_shown(page: Page, name: str, figure: str) -> None:
    shown = card(page, name).get_by_text(figure, exact=True)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if shown.count():
            return
        refresh(page)
    raise AssertionError(f"{name} never showed {figure}")


def open_menu(page: Page) -> object:
    card(page, "m03").locator(".dots").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#more").get_by_role("link", name="Open")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    return see_menu(page)


def see_menu(page: Page) -> object:
    return page.evaluate(
        """() => {
          const more = document.getElementById('more')
          const { x, y } = more.getBoundingClientRect()
          return [more.matches(':popover-open'), Math.round(x), Math.round(y), document.activeElement.textContent]
        }"""
    )


def settle_down(page: Page) -> object:
    card(page, "m07").get_by_role("link", name="m07").focus()
    page.evaluate(
        """() => {
          scrollTo(0, 150)
          getSelection().selectAllChildren([...document.querySelectorAll('.card h3 a')][4])
        }"""
    )
    return see_reader(page)


def see_reader(page: Page) -> object:
    return page.evaluate(
        """() => [
          scrollY, String(getSelection()), document.activeElement.textContent,
          [...document.querySelectorAll('.card')].map(card => card.id)
        ]"""
    )


def test_cards_keep_their_order_while_problems_come_and_go(fleet: Fleet, board: Page) -> None:
    def order() -> list[str]:
        return board.locator(".card h3").all_inner_texts()

    expect(board.get_by_role("link", name="3 Running")).to_be_visible()
    assert order() == ["alpha", "beta", "gamma"]
    fleet.provider.fault("html", product=fleet.machines["gamma"])
    expect(say_state(board, "gamma")).to_have_text("Unreadable answer")
    assert order() == ["alpha", "beta", "gamma"]
    board.reload()
    assert order() == ["gamma", "alpha", "beta"]


def test_a_hidden_tab_asks_nothing_and_a_returning_one_asks_at_once(fleet: Fleet, board: Page) -> None:
    board.clock.install()
    board.reload()
    polls = Polls(board)
    expect(say_state(board, "alpha")).to_have_text("Running")
    refresh(board)
    hide(board)
    asked = polls.asked
    for _minute in range(10):
        board.clock.fast_forward(60_000)
    assert polls.asked == asked
    fleet.set("alpha", status="stopped")
    with board.expect_request(is_poll, timeout=1000):
        hide(board, False)
    expect(say_state(board, "alpha")).to_have_text("Stopped")


def test_polls_do_not_pile_up_when_the_server_is_slow(fleet: Fleet, board: Page) -> None:
    board.clock.install()
    board.reload()
    polls = Polls(board)
    expect(say_state(board, "alpha")).to_have_text("Running")
    fleet.panel.freeze("web")
    try:
        for _minute in range(10):
            board.clock.fast_forward(60_000)
            hide(board)
            hide(board, False)
        assert len(polls.under_way) == 1
    finally:
        fleet.panel.freeze("web", False)
    fleet.set("alpha", status="stopped")
    expect(say_state(board, "alpha")).to_have_text("Stopped")
    assert polls.most == 1


def test_nothing_new_is_an_answer_without_a_body(board: Page) -> None:
    expect(board.get_by_role("link", name="3 Running")).to_be_visible()
    for _turn in range(20):
        with board.expect_response(is_poll) as told:
            board.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
        if told.value.status == 204:
            break
    assert told.value.status == 204
    assert told.value.body() == b""
    assert told.value.headers["board-overdue"] == "0"


def test_after_a_slow_answer_the_page_waits_four_times_as_long(board: Page) -> None:
    board.clock.install()
    board.reload()
    polls = Polls(board)

    def answer_late(route: Route) -> None:
        board.clock.fast_forward(3_000)
        route.fulfill(status=204, headers={"Board-Overdue": "0"})

    board.route("**/cards/**", answer_late)
    with board.expect_request_finished(is_poll):
        board.clock.fast_forward(2_000)
    board.clock.fast_forward(11_000)
    assert polls.asked == 1
    with board.expect_request_finished(is_poll):  # else its answer would come after the test
        board.clock.fast_forward(2_000)
