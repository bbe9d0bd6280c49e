"""500 cards in Chromium: `python -m tests.bench.board_browser`; on PostgreSQL where TEST_DATABASE_URL names a server.

G12: 5 % of the cards put into the page, against the whole board replaced. And refreshes with changes: no task of the
page's may take more than 50 ms, in any of them. The web server is a process as the product starts it; what a collector
would write is written here.
"""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from tests.bench.board_scene import MACHINES, Told, make_person
from tests.bench.board_speed import run

REFRESHES = 12
LONGEST = 50  # ms
SHARES = (
    0.05,
    0.24,
    1.0,
)  # of the cards that changed between two polls; more than a quarter is a whole board

# One turn of G12: the milliseconds for so many changed cards, and for the whole board.
REPLACE = """async share => {
  const names = performance.getEntriesByType('resource').map(entry => entry.name)
  const name = names.find(name => /js\\/patch[.\\w]*js/.test(name))
  const { place } = await import(name)
  const parsed = html => Object.assign(document.createElement('template'), { innerHTML: html }).content
  const other = html => html.replace(/<b>\\d+ %/g, `<b>${Math.round(Math.random() * 20) * 5} %`)
  const timed = deed => {
    const began = performance.now()
    deed()
    document.body.offsetHeight
    return performance.now() - began
  }
  const cards = [...document.querySelectorAll('.card')]
  const some = cards.filter((_card, at) => at % Math.round(1 / share) === 0).map(card => other(card.outerHTML)).join('')
  const whole = other(document.getElementById('groups').outerHTML)
  const part = timed(() => place(parsed(some)))
  const all = timed(() => document.getElementById('groups').replaceWith(parsed(whole).firstElementChild))
  return [part, all]
}"""

# Whether the last card of an answer is in its place, and painted.
LAST_SHOWN = """html => {
  const sent = Object.assign(document.createElement('template'), { innerHTML: html }).content.firstElementChild
  const figures = card => card.querySelector('.figs').textContent + card.querySelector('.spark').innerHTML
  return figures(sent) === figures(document.getElementById(sent.id)) &&
    new Promise(done => requestAnimationFrame(() => setTimeout(done, 0, true)))
}"""


def measure(database_url: str) -> list[Told]:
    with tempfile.TemporaryDirectory() as folder, opened(database_url, Path(folder)) as page:
        return [replacing(page), *(refreshing(page, share) for share in SHARES)]


@contextmanager
def opened(database_url: str, folder: Path) -> Iterator[Any]:
    """The board of 500 machines in a browser."""
    from playwright.sync_api import sync_playwright

    from tests.bench.power_call import browser, web
    from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
    from tests.e2e.database import manage

    manage(database_url, "collectstatic", "--noinput", "--verbosity", "0")
    person = make_person("anna")
    cookie = browser(person).cookies["sessionid"]
    with web(database_url, "http://127.0.0.1:9", folder) as url, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])
        page.goto(url)
        assert page.locator(".card").count() == MACHINES
        yield page
        chromium.close()


def replacing(page: Any) -> Told:
    page.evaluate(REPLACE, 0.05)
    turns = [page.evaluate(REPLACE, 0.05) for _turn in range(9)]
    part, whole = (statistics.median(turn[at] for turn in turns) for at in (0, 1))
    figure = f"{part / whole:.2f} × ({part:.0f} ms against {whole:.0f} ms)"
    what = f"putting 5 % of {MACHINES} cards into the page, against replacing the board"
    return "G12", what, figure, "≤ 0.2 ×", part <= 0.2 * whole


def refreshing(page: Any, share: float) -> Told:
    """By the CPU time of tasks, which other work on this machine lengthens less than the wall's."""
    page.reload()
    took = [refresh(page, share, turn) for turn in range(REFRESHES)]
    figure = f"{max(took):.0f} ms (median {statistics.median(took):.0f} ms, {REFRESHES} refreshes)"
    what = f"the longest task of refreshes in which {share:.0%} of {MACHINES} cards changed"
    return "", what, figure, f"≤ {LONGEST} ms", max(took) <= LONGEST


def refresh(page: Any, share: float, turn: int) -> float:
    """Milliseconds of CPU of its longest task."""
    from tests.e2e.tasks import longest_task

    def ask() -> None:
        with page.expect_response(
            lambda answer: "/cards/" in answer.url and answer.status == 200, timeout=60_000
        ) as told:
            page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
        text = told.value.text()
        page.wait_for_function(LAST_SHOWN, arg=text[text.rindex("<article") :])

    change(share, turn)
    return longest_task(page, ask)


def change(share: float, turn: int) -> None:
    """As a collector does: other figures, and the next revision."""
    from django.db import transaction

    from vps.models import Revision, Status

    rnd = Random(turn)
    rows = list(Status.objects.order_by("pk"))
    with transaction.atomic():
        revision = Revision.take()
        for row in rnd.sample(rows, round(share * len(rows))):
            row.cpu, row.revision = rnd.randrange(21) * 5, revision
            row.spark = [*row.spark[1:], rnd.randrange(101)]
            row.save(update_fields=["cpu", "spark", "revision"])


if __name__ == "__main__":
    sys.exit(run(measure))
