"""How quick the board is: `python -m tests.bench.board_speed`; on PostgreSQL where TEST_DATABASE_URL names a server.

G1, G2: a poll when nothing changed, against a bare view under the same middleware. G8: writing a round in which 5 %
changed, against all. G9: a poll during collection, against idle. G11: the cards of 500 machines, against plain Python
string building. In this process, in turn, medians of CPU time; on PostgreSQL with that of its process that serves us.
"""

import io
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.board_scene import MACHINES, Told, make_person, plain_cards, took

REPEATS = 15


def measure(database_url: str) -> list[Told]:
    from django.conf import settings
    from django.test import override_settings

    from tests.bench.board_writes import during_collection, rounds

    quiet = {"DEBUG": False, "WHITENOISE_AUTOREFRESH": False, "WHITENOISE_USE_FINDERS": False}
    with override_settings(**quiet, ROOT_URLCONF="tests.bench.board_urls"):
        settings.LOGGING_CONFIG = None
        person = make_person("anna")
        few = make_person("ben", 24, "few")
        told = [*polls(person, MACHINES), *polls(few, 24), *drawing(person), *rounds()]
        return [*told, during_collection(database_url, person)]


# Polls -----------------------------------------------------------------------------------------------


class Web:
    """The product as its server calls it, without the server: a signed-in person's requests."""

    def __init__(self, person: Any) -> None:
        from django.core.handlers.wsgi import WSGIHandler
        from django.test import Client

        client = Client()
        client.force_login(person)
        self.cookie = f"sessionid={client.cookies['sessionid'].value}"
        self.handler = WSGIHandler()

    def get(self, path: str) -> tuple[str, bytes]:
        """The status line and the body."""
        address, _mark, query = path.partition("?")
        told: list[str] = []
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": address,
            "QUERY_STRING": query,
            "HTTP_COOKIE": self.cookie,
            "HTTP_HX_REQUEST": "true",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost:8000",
            "wsgi.input": io.BytesIO(),
            "wsgi.url_scheme": "http",
        }
        answer: Any = self.handler(environ, lambda status, *_rest: told.append(status))  # type: ignore[arg-type]
        body = b"".join(answer)
        answer.close()
        return told[0], body


def polls(person: Any, machines: int) -> list[Told]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from vps.services.board import View, show_board

    web = Web(person)
    poll = f"/cards/?late=0&since={show_board(person, View()).version}"
    for path in (poll, "/bare/"):
        status, _body = web.get(path)
        assert status.startswith("204"), status
    ours, bare = in_turn(lambda: web.get(poll), lambda: web.get("/bare/"), repeats=300)
    with CaptureQueriesContext(connection) as asked:
        web.get(poll)
    what = f"a poll of {machines} machines when nothing changed"
    ratio = f"{ours / bare:.2f} × ({ours * 1000:.2f} ms against {bare * 1000:.2f} ms)"
    return [
        ("G1", f"{what}, against a bare view", ratio, "≤ 1.2 ×", ours <= 1.2 * bare),
        ("G2", f"queries of {what}", str(len(asked)), "≤ 3", len(asked) <= 3),
    ]


# Cards -----------------------------------------------------------------------------------------------


def drawing(person: Any) -> list[Told]:
    from django.core.cache import caches
    from django.template.loader import render_to_string

    from vps.services.board import View, show_board

    def ours() -> str:
        return render_to_string("vps/_groups.html", {"board": show_board(person, View())})

    def anew() -> str:
        caches["fragments"].clear()
        return ours()

    def plain() -> str:
        return plain_cards(person.pk)

    for way in (ours, plain):
        assert way().count('<article class="card"') == MACHINES
    kept, fresh, peer = in_turn(ours, anew, plain, before=(ours, None, None))
    what = f"fetching and drawing {MACHINES} cards, against plain Python strings"
    figure = f"{kept / peer:.2f} × ({kept * 1000:.1f} ms against {peer * 1000:.1f} ms)"
    return [
        ("G11", what, figure, "≤ 3 ×", kept <= 3 * peer),
        (
            "",
            f"{what}, with an empty cache",
            f"{fresh / peer:.1f} × ({fresh * 1000:.0f} ms)",
            "no goal",
            True,
        ),
    ]


def in_turn(
    *ways: Callable[[], object], before: tuple[Callable[[], object] | None, ...] = (), repeats: int = REPEATS
) -> list[float]:
    """The median CPU seconds of each way; `before` makes a way ready and does not count."""
    times: list[list[float]] = [[] for _way in ways]
    for _turn in range(repeats):
        for at, way in enumerate(ways):
            if before and (ready := before[at]):
                ready()
            times[at].append(took(way))
    return [statistics.median(each) for each in times]


def run(measuring: Callable[[str], list[Told]]) -> int:
    """Measures in a database made for it, on the server that TEST_DATABASE_URL names or SQLite, and prints a table."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in this thread
    from tests.bench.collector_round import use_database
    from tests.e2e.database import migrated_database

    with tempfile.TemporaryDirectory() as folder, migrated_database(Path(folder)) as url:
        use_database(url)
        told = measuring(url)
        from django.db import connections

        connections.close_all()
    for goal, what, figure, limit, met in told:
        sys.stdout.write(f"{goal:4} {what:90} {figure:34} {limit:10} {'met' if met else 'MISSED'}\n")
    return 0 if all(row[4] for row in told) else 1


def main() -> int:
    return run(measure)


if __name__ == "__main__":
    sys.exit(main())
