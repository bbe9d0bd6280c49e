"""Gathers all that a panel says while a test uses it: pages, headers, cookies, logs, error reports, its database."""

import logging
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.signals import got_request_exception
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.views.debug import get_exception_reporter_class

from tests.secret_search import Haystack


class EverythingSaid(logging.Handler):
    """`visit` asks for pages as a person; `haystacks` gives all that was said, by the place where it stands."""

    def __init__(self, user: User) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s %(args)s"))
        self.client = Client(raise_request_exception=False)
        self.client.force_login(user)
        self.heard: dict[str, Haystack] = {}

    def emit(self, record: logging.LogRecord) -> None:
        self.keep(f"log of {record.name}", self.format(record))
        if record.exc_info and record.exc_info[1]:
            deep = traceback.TracebackException.from_exception(record.exc_info[1])
            self.keep(f"traceback in the log of {record.name}", "".join(deep.format()))

    def keep(self, place: str, said: Haystack) -> None:
        self.heard[f"{place} ({len(self.heard)})"] = said

    def visit(self, path: str, data: dict[str, Any] | None = None, **headers: str) -> HttpResponse:
        """GET, or with `data` POST, and all redirects; the pages and their headers are kept."""
        send = self.client.get if data is None else self.client.post
        response: Any = send(path, data, headers=headers)
        self.keep(f"page {path}", response.content)
        self.keep(f"headers of {path}", repr(list(response.items())))
        self.keep(f"cookies after {path}", self.client.cookies.output())
        location = response.headers.get("Location", "")
        answer: HttpResponse = self.visit(location) if location.startswith("/") else response
        return answer

    def report(self, sender: object, request: HttpRequest, **rest: object) -> None:
        """What Django would mail to the administrators, as text and with all local variables."""
        kind, error, trace = sys.exc_info()
        reporter_class: Any = get_exception_reporter_class(request)
        reporter = reporter_class(request, kind, error, trace, is_email=True)
        self.keep("error report as text", reporter.get_traceback_text())
        self.keep("error report as a page", reporter.get_traceback_html())

    def haystacks(self) -> dict[str, Haystack]:
        sessions = {"session": repr([row.get_decoded() for row in Session.objects.all()])}
        return self.heard | sessions | _database()


@contextmanager
def everything_said(user: User) -> Iterator[EverythingSaid]:
    """Every logger speaks at DEBUG, the database's too."""
    said, root = EverythingSaid(user), logging.getLogger()
    known = [logging.getLogger(name) for name in [*root.manager.loggerDict, ""]]
    before = [(logger, logger.level, logger.propagate) for logger in known]
    for logger in known:
        logger.setLevel(logging.DEBUG)
        logger.propagate = True
    root.addHandler(said)
    got_request_exception.connect(said.report)
    connection.force_debug_cursor = True
    try:
        yield said
    finally:
        connection.force_debug_cursor = False
        got_request_exception.disconnect(said.report)
        root.removeHandler(said)
        for logger, level, propagate in before:
            logger.setLevel(level)
            logger.propagate = propagate


def _database() -> dict[str, Haystack]:
    """The database's files as they are, or every row of every table as text; the cache is a table of it."""
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        # by another process: closing the file here would drop SQLite's locks on it in this one
        return {file.name: _read_elsewhere(file) for file in path.parent.glob(f"{path.name}*")}
    rows: dict[str, Haystack] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            rows[f"table {table}"] = "\n".join(row for (row,) in cursor.fetchall())
    return rows


def _read_elsewhere(file: Path) -> bytes:
    return subprocess.run(["cat", str(file)], check=True, capture_output=True).stdout
