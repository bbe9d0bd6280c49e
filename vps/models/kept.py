"""Rows by a query whose SQL the ORM writes once for each process: for what a person waits for."""

from collections.abc import Callable
from copy import copy
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

from .statements import KeptConnection, with_constants

Row = TypeVar("Row", bound=Model)
FIRST_NUMBER = -7_000_000_000_000


class Kept(Generic[Row]):
    """A query to be asked again and again with other values.

    `ask` is called by name, once for each kind of database, with stand-ins for the values: whole numbers and texts,
    which go into the query's parameters as they are.
    """

    def __init__(self, ask: Callable[..., QuerySet[Row]]) -> None:
        self._ask = ask
        self._written: dict[str, tuple[QuerySet[Row], Any, str, list[Any]]] = {}

    def rows(self, **values: int | str) -> list[Row]:
        """The answer, as the query itself would give it."""
        if connection.vendor not in self._written:
            self._written[connection.vendor] = self._write(values)
        asked, compiler, sql, parameters = self._written[connection.vendor]
        filled = [values[one.name] if isinstance(one, _Blank) else one for one in parameters]
        again, writer = asked.all(), copy(compiler)
        writer.connection = KeptConnection(connection)  # this thread's
        writer.as_sql = lambda *_args, **_options: (sql, filled)
        again.query.get_compiler = lambda *_args, **_options: writer  # type: ignore[method-assign]
        return list(again)

    def _write(self, values: dict[str, int | str]) -> tuple[QuerySet[Row], Any, str, list[Any]]:
        stand_ins = {
            name: FIRST_NUMBER - at if isinstance(value, int) else f"stands for {name}"
            for at, (name, value) in enumerate(values.items())
        }
        asked = self._ask(**stand_ins)
        compiler = asked.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        names = {stand_in: name for name, stand_in in stand_ins.items()}
        blanks = [_Blank(names[one]) if one in names else one for one in parameters]
        missing = set(stand_ins) - {one.name for one in blanks if isinstance(one, _Blank)}
        if missing:
            raise ValueError(f"the query does not ask for {', '.join(sorted(missing))}")
        return asked, compiler, *with_constants(sql, blanks, _Blank)


class _Blank:
    """Where a value goes."""

    def __init__(self, name: str) -> None:
        self.name = name
