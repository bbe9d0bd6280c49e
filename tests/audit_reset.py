"""Audit lines cannot be changed or deleted. Tests, which share a database, take the triggers away for a moment.

The panel has nothing of the kind: it takes the table's owner, and a command that says what it does.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from unittest import mock

from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations

triggers: Any = import_module("vps.migrations.0009_audit_triggers")
TABLE = "vps_auditevent"


def without(vendor: str) -> list[str]:
    if vendor == "postgresql":
        return [f"ALTER TABLE {TABLE} DISABLE TRIGGER USER"]
    return [str(statement) for statement in triggers.UNGUARD[vendor]]


def again(vendor: str) -> list[str]:
    if vendor == "postgresql":
        return [f"ALTER TABLE {TABLE} ENABLE TRIGGER USER"]
    return [str(statement) for statement in triggers.GUARD[vendor]]


@contextmanager
def lines_may_change() -> Iterator[None]:
    """For a test that needs lines of another day."""
    with connection.cursor() as cursor:
        for statement in without(connection.vendor):
            cursor.execute(statement)
        yield
        for statement in again(connection.vendor):
            cursor.execute(statement)


@contextmanager
def flushed_with_the_rest() -> Iterator[None]:
    """Each test with transactions ends in a flush of all tables, which is one transaction.

    PostgreSQL truncates forty tables in 200 ms, as each begins a new file, and deletes their few rows in one.
    """
    flush = BaseDatabaseOperations.execute_sql_flush

    def unguarded(self: Any, statements: list[str]) -> None:
        vendor = self.connection.vendor
        if any(TABLE in statement for statement in statements):
            if vendor == "postgresql" and _may_switch_triggers_off():
                statements = ["SET LOCAL session_replication_role = replica", *map(_deleting, statements)]
            else:
                statements = [*without(vendor), *statements, *again(vendor)]
        flush(self, statements)

    with mock.patch.object(BaseDatabaseOperations, "execute_sql_flush", unguarded):
        yield


def _may_switch_triggers_off() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        return bool(cursor.fetchone() == ("on",))


def _deleting(statement: str) -> str:
    if not statement.startswith("TRUNCATE"):
        return statement
    return "; ".join(f'DELETE FROM "{table}"' for table in re.findall(r'"(\w+)"', statement))
