"""Many rows in one statement: what bulk_create does, for a third of its time where it is done all day."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, models

MOST_VALUES = 30_000  # SQLite takes 32 766 in one statement


def insert_rows(rows: Sequence[models.Model], *, key: Sequence[str], update: Sequence[str] = ()) -> None:
    """Rows of one model. Where one with the same `key` is known its fields `update` are written, or nothing."""
    if not rows:
        return
    fields = [field for field in rows[0]._meta.concrete_fields if not isinstance(field, models.AutoField)]
    adapt = [(field.attname, _adapter(field)) for field in fields]
    columns = ", ".join(_quoted(field) for field in fields)
    head = f"INSERT INTO {connection.ops.quote_name(rows[0]._meta.db_table)} ({columns}) VALUES "  # noqa: S608  # names of our own models
    tail = _on_conflict(rows[0], key, update)
    one, most = f"({', '.join(['%s'] * len(fields))})", MOST_VALUES // len(fields)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), most):
            part = rows[start : start + most]
            values = [
                turn(vars(row)[name]) if turn else vars(row)[name] for row in part for name, turn in adapt
            ]
            cursor.execute(head + ", ".join([one] * len(part)) + tail, values)


def _adapter(field: "models.Field[Any, Any]") -> Callable[[Any], Any] | None:
    """How a value becomes the database's; None where it is one already."""
    if isinstance(field, models.JSONField):
        return lambda value: connection.ops.adapt_json_value(value, None)
    if isinstance(field, models.DateTimeField):
        return connection.ops.adapt_datetimefield_value
    if isinstance(field, models.UUIDField):
        return lambda value: field.get_db_prep_value(value, connection)
    return None


def _on_conflict(row: models.Model, key: Sequence[str], update: Sequence[str]) -> str:
    where = ", ".join(_quoted(row._meta.get_field(name)) for name in key)
    names = [_quoted(row._meta.get_field(name)) for name in update]
    if not names:
        return f" ON CONFLICT ({where}) DO NOTHING"
    return f" ON CONFLICT ({where}) DO UPDATE SET " + ", ".join(f"{name} = EXCLUDED.{name}" for name in names)


def _quoted(field: Any) -> str:
    return connection.ops.quote_name(field.column)
