"""Sees what a request did: calls of the provider, and rows that were written."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.apps import apps
from django.db import connection, transaction

from vps.provider import errors
from vps.provider.transport import Transport

WRITES = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+\"?(\w+)", re.IGNORECASE)
# Who was here, and how often they tried: written by whoever only knocks.
OF_NO_MATTER = {"django_session", "usersessions_usersession", "cache"}


class Spy:
    """`calls` of the provider, which is out of reach, and `written` tables, since they were last taken."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.written: set[str] = set()

    def take(self) -> tuple[list[str], set[str]]:
        taken = self.calls, self.written
        self.calls, self.written = [], set()
        return taken

    def called(self, method: str) -> Callable[..., Any]:
        def call(_transport: Transport, path: str, *_args: object) -> Any:
            self.calls.append(f"{method} {path}")
            raise errors.Unreachable("refused")

        return call

    def watch(self, execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        if found := WRITES.match(sql):
            self.written |= {found[1]} - OF_NO_MATTER
        return execute(sql, *args)


@contextmanager
def watching() -> Iterator[Spy]:
    spy = Spy()
    post, get = spy.called("POST"), spy.called("GET")
    with mock.patch.multiple(Transport, get=get, post=post), connection.execute_wrapper(spy.watch):
        yield spy


@contextmanager
def undone() -> Iterator[None]:
    """What is written in here is not: not even what is committed for good."""
    with transaction.atomic():
        block: Any = connection.atomic_blocks[-1]
        block._from_testcase = True  # as the one around a test, in which durable ones may stand
        yield
        transaction.set_rollback(True)


def all_rows() -> dict[str, str]:
    """A hash of each table's rows."""
    with connection.cursor() as cursor:
        found = {}
        for table in sorted(
            {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - OF_NO_MATTER
        ):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = "\n".join(sorted(map(repr, cursor.fetchall())))
            found[table] = hashlib.sha256(rows.encode()).hexdigest()
    return found
