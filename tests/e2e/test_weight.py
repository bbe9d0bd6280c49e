"""500 machines on one board: how heavy it is, and how it behaves."""

import random
import time
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import OpenPanel
from tests.e2e.eyes import WATCH_SHIFTS, Polls
from tests.e2e.fleet import Fleet
from tests.e2e.panel import PATIENCE, Panel
from vps.models import Status
from vps.simulator.server import Simulator

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
MACHINES = 500

# What was sent of each body, compressed, as the browser counted it.
BODIES = """() => {
  const sum = type => performance.getEntriesByType(type).reduce((all, each) => all + each.encodedBodySize, 0)
  return { html: sum('navigation'), rest: sum('resource'), files: performance.getEntriesByType('resource').length }
}"""


@pytest.fixture(scope="module")
def crowd(open_panel: OpenPanel) -> Iterator[Fleet]:
    with Simulator(machines=MACHINES, calls_per_minute=0) as provider, open_panel(provider.api, 10) as panel:
        fleet = Fleet(panel, provider)
        token = provider.mint(calls_per_minute=0)
        projects = " ".join(token.projects)
        fields = {"name": "All", "token": token.token, "projects": projects}
        assert panel.post("/tokens/add/", fleet.cookie, fields).status_code == 303
        draw_an_hour(panel)
        yield fleet


def draw_an_hour(panel: Panel) -> None:
    """The sparklines of an hour, which nobody can wait for: 20 points, each near the one before."""
    chance, deadline = random.Random(7), time.monotonic() + PATIENCE
    with panel.unblock():
        while Status.objects.using(panel.alias).filter(heard_at=None).exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        rows = list(Status.objects.using(panel.alias).all())
        for row in rows:
            level = chance.randint(5, 60)
            row.spark = [level := min(100, max(0, level + chance.randint(-9, 9))) for _point in range(20)]
            row.spark_at = timezone.now()
        Status.objects.using(panel.alias).bulk_update(rows, ["spark", "spark_at"])


@pytest.fixture
def crowded(crowd: Fleet, new_context: NewContext) -> Page:
    page = crowd.enter(new_context(viewport={"width": 1440, "height": 900}))
    expect(page.get_by_role("link", name="0 Not seen yet")).to_be_visible()
    return page


def test_the_first_load_is_light(crowd: Fleet, crowded: Page, new_context: NewContext) -> None:
    page = new_context().new_page()
    crowd.panel.let_in(page.context, crowd.cookie)
    with page.expect_response(crowd.panel.url + "/") as told:
        page.goto(crowd.panel.url, wait_until="networkidle")
    expect(page.locator(".card")).to_have_count(MACHINES)
    expect(page.locator(".card .spark")).to_have_count(MACHINES)
    assert told.value.headers.get("content-encoding") == "gzip"
    sizes = page.evaluate(BODIES)
    assert sizes["html"] <= 45 * 1024, sizes
    assert sizes["html"] + sizes["rest"] <= 85 * 1024, sizes


def test_no_card_and_no_row_has_more_than_25_elements(crowd: Fleet, crowded: Page) -> None:
    for view, each in (("cards", ".card"), ("table", ".vm")):
        crowded.goto(f"{crowd.panel.url}/?view={view}")
        counts = crowded.locator(each).evaluate_all("all => all.map(one => one.querySelectorAll('*').length)")
        assert len(counts) == MACHINES
        assert max(counts) <= 25, view


def test_a_refresh_moves_nothing_and_sends_only_what_changed(crowd: Fleet, crowded: Page) -> None:
    crowded.evaluate(WATCH_SHIFTS)
    polls = Polls(crowded)
    expect(crowded.locator(".card")).to_have_count(MACHINES)
    for _turn in range(3):
        with crowded.expect_response(lambda answer: "/cards/" in answer.url and answer.status == 200) as told:
            pass
        assert told.value.text().count('class="card') < MACHINES
    crowded.evaluate("() => new Promise(requestAnimationFrame)")
    assert crowded.evaluate("() => window.shifts") == []
    assert polls.most == 1


def test_it_is_usable_on_a_phone(crowd: Fleet, new_context: NewContext) -> None:
    context = new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = crowd.enter(context)
    expect(page.locator(".card")).to_have_count(MACHINES)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    name = page.locator(".card h3").nth(MACHINES - 1).text_content() or ""
    page.get_by_role("searchbox").fill(name)
    expect(page.locator(".card").first).to_contain_text(name)
    expect(page.locator(".card")).not_to_have_count(MACHINES)
