"""Queries whose SQL the ORM writes once for each process: to write a board's costs ten times what it costs to run."""

from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from django.db import connection

from vps.models.statements import planned_once, with_constants

Kind: TypeAlias = Callable[[Any], Any]

YEAR = timedelta(days=365)
FIRST_MOMENT = datetime(1801, 1, 1, tzinfo=UTC)
FIRST_NUMBER = -7_000_000_000_000


class _Caught(Exception):
    def __init__(self, sql: str, parameters: Any) -> None:
        super().__init__("the query was written, and not sent")
        self.sql, self.parameters = sql, list(parameters or ())


class Prepared:
    """One query of the ORM, to be asked again and again with other values.

    `ask` is called with the variant and, by name, with stand-ins for the values (whole numbers and moments); it sends
    exactly one query, which is caught. A moment stands also for those a fixed while before it. `kinds` turn the columns
    of the answer into what they are, by number; the others stay as the database's driver gives them.
    """

    def __init__(self, ask: Callable[..., object], kinds: dict[int, Kind] | None = None) -> None:
        self._ask = ask
        self._kinds = kinds or {}
        self._written: dict[Hashable, tuple[str, list[Any]]] = {}

    def rows(self, *variant: Hashable, keep: bool = True, **values: int | datetime) -> list[tuple[Any, ...]]:
        """The answer. Without `keep` the variant is one of so many that its SQL is not kept."""
        key = (connection.vendor, *values, *variant)
        written = self._written.get(key)
        if written is None:
            written = self._write(variant, values)
            if keep:
                written = self._written[key] = with_constants(*written, _Blank)
        sql, parameters = written
        with planned_once() if keep else connection.cursor() as cursor:
            cursor.execute(sql, [_filled(one, values) for one in parameters])
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return [self._typed(row) for row in rows] if self._kinds else rows

    def _write(
        self, variant: tuple[Hashable, ...], values: dict[str, int | datetime]
    ) -> tuple[str, list[Any]]:
        stand_ins = {name: _stand_in(value, at) for at, (name, value) in enumerate(values.items())}
        connection.ensure_connection()
        try:
            with connection.execute_wrapper(_catch):
                self._ask(*variant, **stand_ins)
        except _Caught as caught:
            return caught.sql, [_blank(parameter, stand_ins) for parameter in caught.parameters]
        raise RuntimeError("no query was asked")

    def _typed(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        cells = list(row)
        for at, kind in self._kinds.items():
            cells[at] = kind(cells[at])
        return tuple(cells)


def moment(cell: Any) -> datetime | None:
    """SQLite tells moments as text, or without their zone."""
    if cell is None:
        return None
    at: datetime = datetime.fromisoformat(cell) if isinstance(cell, str) else cell
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class _Blank(tuple[str, timedelta | None]):
    """Where a value goes."""


def _catch(_execute: Any, sql: str, parameters: Any, _many: bool, _context: Any) -> None:
    raise _Caught(sql, parameters)


def _stand_in(value: int | datetime, at: int) -> int | datetime:
    return FIRST_MOMENT + at * YEAR if isinstance(value, datetime) else FIRST_NUMBER - at


def _blank(parameter: Any, stand_ins: dict[str, int | datetime]) -> Any:
    """The parameter as it is, or the blank that it stands for."""
    at = _as_moment(parameter)
    for name, stand_in in stand_ins.items():
        if isinstance(stand_in, datetime):
            if at is not None and abs(stand_in - at) < YEAR / 2:
                return _Blank((name, stand_in - at))
        elif parameter == stand_in and not isinstance(parameter, bool):
            return _Blank((name, None))
    return parameter


def _as_moment(parameter: Any) -> datetime | None:
    if not isinstance(parameter, datetime | str):
        return None
    try:
        return moment(parameter)
    except ValueError:
        return None


def _filled(parameter: Any, values: dict[str, int | datetime]) -> Any:
    if not isinstance(parameter, _Blank):
        return parameter
    name, earlier = parameter
    value = values[name]
    if earlier is None or not isinstance(value, datetime):
        return value
    return connection.ops.adapt_datetimefield_value(value - earlier)
