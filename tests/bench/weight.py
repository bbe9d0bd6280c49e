"""What a board of 500 machines weighs (G13), measured as tests/test_budget.py does."""

import re
from pathlib import Path

from tests.bench.rows import Row, at_most
from tests.test_budget import KB, MACHINES, VIEWS, Elements, packed, static

MOST_HTML, MOST_LOAD, MOST_ELEMENTS = 45.0, 85.0, 25.0


def measure(database_url: str) -> list[Row]:
    from django.contrib.auth.models import User
    from django.test import RequestFactory

    from tests.views.boards import a_board, a_page, walk

    request = RequestFactory().get("/")
    request.user = User(username="anna.berg")
    pages = [a_page(request, a_board(MACHINES, view, 0.1, walk)) for view in VIEWS]
    html = [packed(page.encode()) / KB for page in pages]
    load = max(size + files_of(page) for size, page in zip(html, pages, strict=True))
    return [
        at_most("G13", f"{MACHINES} cards: HTML, gzip", max(html), MOST_HTML, "KB"),
        at_most("G13", f"{MACHINES} cards: whole first load, gzip", load, MOST_LOAD, "KB"),
        at_most("G13", "elements a card or row", max(map(elements, pages)), MOST_ELEMENTS, ""),
    ]


def files_of(page: str) -> float:
    """KB of all that the page fetches, and of our scripts, which its one script imports."""
    from django.contrib.staticfiles import finders

    names = set(re.findall(r'(?:href|src)="/static/([^"#]+)', page)) | {
        f"js/{name}" for name in static("js/*.js")
    }
    paths = [finders.find(name) for name in names]
    assert all(paths), names
    return sum(packed(Path(str(path)).read_bytes()) for path in paths) / KB


def elements(page: str) -> int:
    counter = Elements()
    counter.feed(page)
    assert len(counter.counts) == MACHINES
    return max(counter.counts)
