"""Statements that a PostgreSQL connection plans once and runs many times, where planning costs more than running.

SQLite's driver keeps its statements by itself. Behind a pooler that shares connections PostgreSQL's prepared statements
need one that knows them (PgBouncer 1.21 or newer).

Left to itself PostgreSQL plans such a statement anew for its first five runs: half a second for a board's, which is
twenty times what they take to run.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

POSTGRES = "postgresql"


@receiver(connection_created)
def plan_at_once(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """What is kept is planned in its first run, for any value. What is not prepared is planned as ever."""
    if connection.vendor == POSTGRES:
        with connection.cursor() as cursor:
            cursor.execute("SET plan_cache_mode = force_generic_plan")


def planned_once() -> Any:
    """A cursor, to be closed, whose statements are kept by this thread's connection, by their text."""
    if connection.vendor != POSTGRES:
        return connection.cursor()
    connection.ensure_connection()
    cursor = _keeping_cursor()(connection.connection)
    return (
        connection.make_debug_cursor(cursor) if connection.queries_logged else connection.make_cursor(cursor)
    )


def with_constants(sql: str, parameters: Sequence[Any], blank: type) -> tuple[str, list[Any]]:
    """The statement with all parameters but the blanks written into it, and the blanks: a plan that is kept knows no
    values, and without them neither uses a partial index nor knows what is rare."""
    if connection.vendor != POSTGRES:
        return sql, list(parameters)
    from django.db.backends.postgresql.psycopg_any import sql as postgres

    connection.ensure_connection()
    left, written, values = [], [], iter(parameters)
    for part in re.split(r"(%%|%s)", sql):
        value = next(values) if part == "%s" else None
        if part != "%s" or isinstance(value, blank):
            written.append(part)
            left += [value] if part == "%s" else []
        else:
            written.append(postgres.Literal(value).as_string(connection.connection).replace("%", "%%"))
    return "".join(written), left


class KeptConnection:
    """This thread's connection, to whoever asks for a cursor of it: one of `planned_once`."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def cursor(self) -> Any:
        return planned_once()


@cache
def _keeping_cursor() -> Any:
    """Made when it is first needed, as SQLite needs no driver of PostgreSQL."""
    from django.db.backends.postgresql.base import ServerBindingCursor

    binding: Any = ServerBindingCursor

    class KeepingCursor(binding):  # type: ignore[misc]
        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            # Django has switched preparing off for the connection: it is on while this runs.
            self.connection.prepare_threshold = 0
            try:
                return super().execute(query, params, **(options | {"prepare": True}))
            finally:
                self.connection.prepare_threshold = None

    return KeepingCursor
