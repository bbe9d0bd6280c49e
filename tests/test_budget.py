"""What the first load weighs, and how many elements a machine costs (look.md, performance.md G13)."""

import gzip
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import RequestFactory

from tests.views.boards import Curve, a_board, a_page, noise, walk
from vps.services.address import View

KB = 1024
MACHINES = 500
VOID = {"meta", "link", "input", "br", "hr", "img"}
VIEWS = [View(), View(view="table")]


def packed(data: bytes) -> int:
    return len(gzip.compress(data, 9, mtime=0))


def static(pattern: str) -> dict[str, bytes]:
    root = Path(__file__).parent.parent / "static"
    return {path.name: path.read_bytes() for path in sorted(root.glob(pattern))}


@pytest.fixture
def request_of_anna(rf: RequestFactory) -> object:
    request = rf.get("/")
    request.user = User(username="anna.berg")
    return request


class Elements(HTMLParser):
    """Counts the elements of each card or row, itself included."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: list[int] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if not self.depth and re.fullmatch(r"m\d+", given.get("id") or ""):
            self.counts.append(0)
            self.depth = 0
        elif not self.depth:
            return
        self.counts[-1] += 1
        self.depth += tag not in VOID

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if self.depth:
            self.counts[-1] += 1

    def handle_endtag(self, tag: str) -> None:
        if self.depth:
            self.depth -= 1


def test_all_styles() -> None:
    files = static("css/*.css")
    assert packed(files.pop("wall.css")) <= 3 * KB  # loaded by a screen on a wall, and nowhere else
    assert sum(packed(data) for data in files.values()) <= 12 * KB


def test_all_our_scripts() -> None:
    files = static("js/*.js")
    assert packed(files.pop("wall.js")) <= 2 * KB
    assert sum(packed(data) for data in files.values()) <= 10 * KB


@pytest.mark.parametrize("view", VIEWS, ids=["cards", "table"])
@pytest.mark.parametrize("troubled", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("cpu", [walk, noise])
def test_the_page_of_500_machines(request_of_anna: object, view: View, troubled: float, cpu: Curve) -> None:
    page = a_page(request_of_anna, a_board(MACHINES, view, troubled, cpu))  # type: ignore[arg-type]
    assert packed(page.encode()) <= 45 * KB


@pytest.mark.parametrize("view", VIEWS, ids=["cards", "table"])
@pytest.mark.parametrize(("off", "busy"), [(0.2, 0.1), (0.5, 0.0), (1.0, 0.0), (0.0, 1.0)])
def test_the_page_of_500_machines_of_which_some_are_stopped_and_some_move(
    request_of_anna: object, view: View, off: float, busy: float
) -> None:
    board = a_board(MACHINES, view, 0.1, noise, off=off, busy=busy)
    page = a_page(request_of_anna, board)  # type: ignore[arg-type]
    assert page.count("aria-disabled") or view.view == "table"
    assert packed(page.encode()) <= 45 * KB


@pytest.mark.parametrize("view", VIEWS, ids=["cards", "table"])
@pytest.mark.parametrize("drift", [0.3, 1.0])
def test_the_page_of_500_machines_that_are_protected_and_not_as_expected(
    request_of_anna: object, view: View, drift: float
) -> None:
    page = a_page(request_of_anna, a_board(MACHINES, view, 0.1, noise, drift=drift))  # type: ignore[arg-type]
    assert page.count('alt="Protected"') > 100
    assert packed(page.encode()) <= 45 * KB


@pytest.mark.parametrize("view", VIEWS, ids=["cards", "table"])
def test_everything_that_the_first_load_fetches(request_of_anna: object, view: View) -> None:
    page = a_page(request_of_anna, a_board(MACHINES, view, 0.1))  # type: ignore[arg-type]
    names = set(re.findall(r'(?:href|src)="/static/([^"#]+)', page))
    assert {"css/tokens.css", "js/main.js", "django_htmx/htmx-2.min.js", "vendor/icons.svg"} <= names
    names |= {f"js/{name}" for name in static("js/*.js")}  # main.js imports them all
    found = {name: finders.find(name) for name in names}
    assert all(found.values()), found
    fetched = sum(packed(Path(str(path)).read_bytes()) for path in found.values())
    assert packed(page.encode()) + fetched <= 85 * KB


@pytest.mark.parametrize("view", VIEWS, ids=["cards", "table"])
@pytest.mark.parametrize("select", [False, True])
@pytest.mark.parametrize("kind", [{}, {"troubled": 1.0}, {"off": 1.0}, {"busy": 1.0}, {"drift": 1.0}])
def test_at_most_25_elements_a_machine(
    request_of_anna: object, view: View, kind: dict[str, float], select: bool
) -> None:
    counter = Elements()
    board = a_board(30, replace(view, select=select), **kind)  # type: ignore[arg-type]
    counter.feed(a_page(request_of_anna, board))  # type: ignore[arg-type]
    assert len(counter.counts) == 30
    assert 15 <= min(counter.counts) <= max(counter.counts) <= 25
