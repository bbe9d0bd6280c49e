"""What dies, and what the pages then say: they never lie, and they heal by themselves."""

import re
import signal
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.conftest import Complaints
from tests.e2e.conftest import OpenPanel
from tests.e2e.fleet import Fleet, card, say_state
from tests.e2e.panel import Panel
from vps.simulator.server import Simulator

pytestmark = pytest.mark.browser
NOTICE = "No connection to the panel since"
HUES = "word => [getComputedStyle(word).color, getComputedStyle(word, '::before').borderTopColor]"
FAULTS: dict[str, tuple[dict[str, object], str, str]] = {
    "alpha": ({"fault": "reset"}, "API unreachable", "it broke the connection off"),
    "beta": ({"fault": "status", "code": 500}, "API unreachable", "it answered with a failure of its own"),
    "gamma": ({"fault": "html"}, "Unreadable answer", "answers have made no sense"),
    "delta": ({"fault": "hang"}, "API unreachable", "it did not answer in time"),
    "eps": ({"fault": "status", "code": 404}, "Gone", "has not known it since"),
    "zeta": ({"fault": "status", "code": 429, "seconds": 20}, "Rate limited", "wants fewer calls"),
}


@pytest.fixture(scope="module")
def panel(open_panel: OpenPanel, provider: Simulator) -> Iterator[Panel]:
    """A panel whose processes these tests may end."""
    with open_panel(provider.api) as opened:
        yield opened


@pytest.fixture(autouse=True)
def both_run(panel: Panel) -> Iterator[None]:
    yield
    if "collector" not in panel.processes:
        panel.start_collector()
    if "web" not in panel.processes:
        panel.start_web()


def test_the_provider_dies_and_every_card_says_what_it_does_not_know(
    board: Page, provider: Simulator
) -> None:
    for name in ("alpha", "beta", "gamma"):
        expect(say_state(board, name)).to_have_text("Running")
    provider.fault("refuse")
    for name in ("alpha", "beta", "gamma"):
        expect(say_state(board, name)).to_have_text("API unreachable")
        expect(card(board, name)).to_contain_text("it refused the connection")
        expect(card(board, name)).to_have_class(re.compile("stale"))
        expect(card(board, name).locator(".side")).to_have_text(re.compile(r"^\d+ s old$"))
        expect(card(board, name).get_by_text("10 %")).to_be_visible()
    expect(board.locator("#heard")).to_contain_text("The provider answers for none of your machines.")
    expect(board.get_by_role("link", name="3 Problems")).to_be_visible()
    expect(board).to_have_title(re.compile(r"^\(3\) Board"))
    expect(board.locator("link[rel=icon]")).to_have_attribute("href", re.compile("favicon-problem"))
    provider.clear_faults()
    for name in ("alpha", "beta", "gamma"):
        expect(say_state(board, name)).to_have_text("Running")
    expect(board).to_have_title(re.compile("^Board"))
    expect(board.get_by_text("it refused the connection")).to_have_count(0)


def test_each_failure_has_its_own_words_and_hides_no_other_machine(
    fleet: Fleet, new_context: Callable[..., BrowserContext], provider: Simulator
) -> None:
    fleet.add(*FAULTS, "well")
    fleet.save_token()
    board = fleet.enter(new_context())
    expect(say_state(board, "well")).to_have_text("Running")
    for name, (fault, _word, _reason) in FAULTS.items():
        if name != "zeta":  # a token that is limited asks nothing any more
            provider.fault(**fault, product=fleet.machines[name])  # type: ignore[arg-type]
    fleet.set("well", status="stopped")
    for name, (_fault, word, reason) in FAULTS.items():
        if name != "zeta":
            expect(say_state(board, name)).to_have_text(word)
            expect(card(board, name)).to_contain_text(reason)
    expect(say_state(board, "well")).to_have_text("Stopped")
    fault, word, reason = FAULTS["zeta"]
    provider.fault(**fault, project=fleet.project)  # type: ignore[arg-type]
    expect(say_state(board, "zeta")).to_have_text(word)
    expect(card(board, "zeta")).to_contain_text(reason)


def test_the_collector_dies_and_the_pages_say_that_they_are_late(
    panel: Panel, fleet: Fleet, board: Page
) -> None:
    fleet.set("beta", status="stopped")
    machine = board.context.new_page()
    machine.goto(f"{panel.url}{fleet.machine_path('alpha')}")
    expect(say_state(board, "beta")).to_have_text("Stopped")
    expect(board.locator("#heard")).to_contain_text("The collector is on time")
    expect(machine.locator(".title .state")).to_have_text("Running")
    panel.end("collector", signal.SIGKILL)
    expect(board.locator("#heard")).to_contain_text("The collector is late")
    expect(say_state(board, "alpha")).to_have_text("Was running")
    expect(board.locator("#groups [data-tone=ok]")).to_have_count(0)
    expect(card(board, "alpha").locator(".side")).to_have_text(re.compile(r"^\d+ s old$"))
    expect(board.get_by_role("alert")).to_contain_text("The collector is late")
    expect(board.get_by_role("link", name="0 Running")).to_be_visible()
    expect(board.get_by_role("link", name="3 Problems")).to_be_visible()
    expect(board).to_have_title(re.compile(r"^\(3\) Board"))
    expect(machine.locator("#machine")).to_contain_text(
        "The collector is late: checks that were due have not been made."
    )
    expect(machine.locator(".title .state")).to_have_text("Was running")
    panel.start_collector()
    expect(say_state(board, "alpha")).to_have_text("Running")
    expect(board.locator("#heard")).to_contain_text("The collector is on time")
    expect(card(board, "alpha")).not_to_have_class(re.compile("stale"))
    expect(machine.locator(".title .state")).to_have_text("Running")
    expect(machine.get_by_text("The collector is late")).to_have_count(0)


@pytest.mark.parametrize("how", ["ended", "hanging"])
def test_without_the_web_server_the_pages_say_that_the_connection_is_lost(
    how: str, panel: Panel, fleet: Fleet, board: Page, complaints: Complaints
) -> None:
    for part in ("ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "htmx:"):  # said of each request that fails
        complaints.expect(part)
    fleet.set("beta", status="stopped")
    machine = board.context.new_page()
    machine.goto(f"{panel.url}{fleet.machine_path('alpha')}")
    expect(say_state(board, "beta")).to_have_text("Stopped")
    expect(machine.locator(".title .state")).to_have_text("Running")
    expect(board.locator("#heard .heard")).to_be_visible()
    place = machine.locator("#machine").bounding_box()
    panel.end("web") if how == "ended" else panel.freeze("web")
    try:
        for page in (board, machine):
            expect(page.locator("#lost")).to_contain_text(NOTICE)
            expect(page.locator("main")).to_have_class(re.compile("stale"))
            expect(page.get_by_role("alert").last).to_contain_text(NOTICE)
        expect(say_state(board, "alpha")).to_have_text("Was running")
        expect(say_state(board, "beta")).to_have_text("Was stopped")
        expect(machine.locator(".title .state")).to_have_text("Was running")
        word, lamp = machine.locator(".title .state").evaluate(HUES)
        assert word == lamp, "not green"
        assert machine.locator("#machine").bounding_box() == place, "nothing moved"
        expect(board.get_by_text("The collector is on time")).to_be_hidden()
    finally:
        panel.start_web() if how == "ended" else panel.freeze("web", False)
    fleet.set("beta", status="running")
    for page in (board, machine):
        expect(page.locator("#lost")).to_be_hidden()
        expect(page.locator("main")).not_to_have_class(re.compile("stale"))
    expect(say_state(board, "alpha")).to_have_text("Running")
    expect(say_state(board, "beta")).to_have_text("Running")
    expect(machine.locator(".title .state")).to_have_text("Running")
    expect(board.locator("#heard .heard")).to_be_visible()
