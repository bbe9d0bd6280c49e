"""How long until an open browser shows a change (G15): `python -m tests.bench --only arrivals`.

A simulator, a collector, a web server and Chromium, each a process of its own on this machine, so that they share one
clock. Machines are switched off and on at the provider by its control route, and by presses in the page; the page notes
by itself when a card says so.
"""

import math
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

import requests

from tests.bench.rows import Row, at_most

MACHINES = 100
AT_ONCE, BATCHES = 15, 8  # changes that somebody else made
PRESSED, CYCLES = 12, 3  # machines that are shut down, started and rebooted
INTERVAL, PAGE, GRACE = 10.0, 2.0, 1.0
SEEN = INTERVAL + PAGE + GRACE
OWN_SEEN = 4.0
PATIENCE = 40.0
PRESSES = (("stop", "stopped"), ("start", "running"), ("reboot", "running"))
OTHER = {"running": "stopped", "stopped": "running"}

NOTE_STATES = """() => {
  window.shown = []
  new MutationObserver(changes => {
    const at = Date.now() / 1000
    for (const { target } of changes) window.shown.push([target.id, target.dataset.state, at])
  }).observe(document.getElementById('groups'), { subtree: true, attributeFilter: ['data-state'] })
}"""
Awaited = tuple[str, str, float]  # a card's id, the state it is to show, the moment before which it cannot


def measure(database_url: str) -> list[Row]:
    with ExitStack() as stack:
        told, page = opened(stack, database_url)
        cards = card_ids()
        changes = [wait for turn in range(BATCHES) for wait in change(told, page, cards, turn)]
        run_all(told, page)
        presses = [
            wait
            for _cycle in range(CYCLES)
            for deed, state in PRESSES
            for wait in press(told, page, deed, state)
        ]
    return [
        row(f"a change of one of {MACHINES} machines until an open browser shows it", changes, SEEN),
        row("what an own action changed until an open browser shows it", presses, OWN_SEEN),
    ]


def row(what: str, waits: list[float], limit: float) -> Row:
    """A change that was never shown took forever, however many others were."""
    worst = max(waits)
    p99 = sorted(waits)[math.ceil(0.99 * len(waits)) - 1] if worst < math.inf else worst
    note = f"p50 {statistics.median(waits):.2f} s, at most {worst:.2f} s, {len(waits)} changes"
    return at_most("G15", f"{what}, p99", p99, limit, "s", note)


def opened(stack: ExitStack, database_url: str) -> tuple[dict[str, Any], Any]:
    """The provider, and a page that shows all of its machines: they run, and change only when they are told to."""
    from django.contrib.auth.models import User
    from playwright.sync_api import sync_playwright

    from tests.bench import collector_round as bench
    from tests.bench.collectors import start
    from tests.bench.power_call import browser, web
    from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
    from tests.e2e.database import environment, manage

    manage(database_url, "collectstatic", "--noinput", "--verbosity", "0")
    told = stack.enter_context(bench.provider(MACHINES))
    bench.add_token(told)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    url = stack.enter_context(web(database_url, told["api"], folder))
    paces = {"VPS_INTERVAL": str(INTERVAL), "VPS_CALLS_PER_MINUTE": "1000000"}
    start(stack, {**environment(database_url), **paces, "VPS_API_URL": told["api"]})
    bench.wait_until_heard(MACHINES)
    chromium = stack.enter_context(sync_playwright()).chromium
    page = chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS).new_page()
    cookie = browser(User.objects.get()).cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])
    page.goto(url)
    page.evaluate(NOTE_STATES)
    run_all(told, page)
    page.wait_for_timeout(1000 * INTERVAL)  # from now on all are asked as somebody's who looks
    return told, page


def run_all(told: dict[str, Any], page: Any) -> None:
    from playwright.sync_api import expect

    for products in told["projects"].values():
        for product in products:
            tell(told, product, status="running", cpu=20.0, memory_used=512, disk=10**9)
    expect(page.locator('.card[data-state="running"]')).to_have_count(MACHINES, timeout=1000 * PATIENCE)


def card_ids() -> dict[str, str]:
    """By the ids of the machines."""
    from vps.models import Machine

    return {product: f"m{pk}" for product, pk in Machine.objects.values_list("product", "pk")}


def tell(told: dict[str, Any], product: str, **state: object) -> None:
    requests.post(f"{told['control']}/machines/{product}", json=state, timeout=10).raise_for_status()


def change(told: dict[str, Any], page: Any, cards: dict[str, str], turn: int) -> list[float]:
    """Switches some machines off or on, at a moment of its own; seconds until each was shown."""
    chance = Random(turn)
    page.wait_for_timeout(1000 * chance.random() * PAGE)
    states = requests.get(f"{told['control']}/machines", timeout=10).json()
    awaited: list[Awaited] = []
    for product in chance.sample(sorted(states), AT_ONCE):
        state = OTHER[states[product]["status"]]
        awaited.append((cards[product], state, time.time()))
        tell(told, product, status=state)
    return waits(page, lambda: awaited)


def press(told: dict[str, Any], page: Any, deed: str, state: str) -> list[float]:
    """Presses that button on some cards; seconds from what the provider then did until each was shown."""
    from tests.e2e.powers import confirm
    from vps.simulator.machines import SECONDS

    cards, last = card_ids(), newest(told)
    for product in sorted(cards)[:PRESSED]:
        key = {"stop": "shutdown"}.get(deed, deed)
        card = page.locator(f"#{cards[product]}")
        card.locator(f'[href$="/{key}/"], [formaction$="/{key}/"]').evaluate("key => key.click()")
        if deed != "start":
            confirm(page, {"stop": "Shut down", "reboot": "Reboot"}[deed])

    def awaited() -> list[Awaited]:
        found = control_calls(told, last)
        return [(cards[call["product"]], state, call["at"] + SECONDS[deed]) for call in found]

    page.wait_for_timeout(1000 * SECONDS[deed])
    assert len(awaited()) == PRESSED, "not every press was sent once"
    return waits(page, awaited)


def newest(told: dict[str, Any]) -> int:
    answer = requests.get(f"{told['control']}/calls", {"kind": "control", "after": str(10**12)}, timeout=10)
    return int(answer.json()["last"])


def control_calls(told: dict[str, Any], after: int) -> list[dict[str, Any]]:
    answer = requests.get(f"{told['control']}/calls", {"kind": "control", "after": str(after)}, timeout=10)
    return list(answer.json()["calls"])


def waits(page: Any, awaited: Callable[[], list[Awaited]]) -> list[float]:
    """Seconds from each moment until the page showed the state; infinite where it did not."""
    deadline = time.monotonic() + PATIENCE
    while True:
        shown = page.evaluate("() => window.shown")
        found = [wait_of(shown, *each) for each in awaited()]
        if max(found) < math.inf or time.monotonic() > deadline:
            return found
        page.wait_for_timeout(200)


def wait_of(shown: list[tuple[str, str, float]], card: str, state: str, since: float) -> float:
    return min(
        (at - since for one, said, at in shown if (one, said) == (card, state) and at >= since),
        default=math.inf,
    )
