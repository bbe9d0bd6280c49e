"""A line of the table that `make bench` prints: a goal, what was measured for it, and whether it is met."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

GOALS = tuple(f"G{number}" for number in range(1, 16))  # those that must be measured on each database


class Row(NamedTuple):
    """`goal`: G1 to G15, or "" for what the issue asks beside them. `figure` and `limit` hold their units."""

    goal: str
    what: str
    figure: str
    limit: str
    ok: bool


class Line(NamedTuple):
    """A row, and the database that it was measured on."""

    row: Row
    database: str


def at_most(goal: str, what: str, figure: float, limit: float, unit: str = "×", note: str = "") -> Row:
    """`note` stands behind the figure."""
    ok = figure <= limit  # False for NaN
    return Row(goal, what, f"{number(figure)} {unit}{note and f' ({note})'}", f"≤ {number(limit)} {unit}", ok)


def at_least(goal: str, what: str, figure: float, limit: float, unit: str = "×", note: str = "") -> Row:
    ok = figure >= limit
    return Row(goal, what, f"{number(figure)} {unit}{note and f' ({note})'}", f"≥ {number(limit)} {unit}", ok)


def number(value: float) -> str:
    """Three digits that mean something, and never an exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def read_rows(told: Iterable[Sequence[object]]) -> list[Row]:
    """What a module measured, in which figure and limit may be plain numbers. ValueError: these are no rows."""
    return [_row(each) for each in told]


def _row(told: Sequence[object]) -> Row:
    if len(told) != len(Row._fields) or not isinstance(told[4], bool):
        raise ValueError(f"{told!r} is no row of goal, what, figure, limit and verdict")
    goal, what, figure, limit = (number(each) if isinstance(each, float) else str(each) for each in told[:4])
    return Row(goal, what, figure, limit, told[4])


def unmeasured(lines: Sequence[Line], databases: Iterable[str]) -> list[Line]:
    """A goal that nothing was measured for is missed."""
    told = {(line.row.goal, line.database) for line in lines}
    nothing = "not measured"
    return [
        Line(Row(goal, "nothing measured it", nothing, "", False), database)
        for database in databases
        for goal in GOALS
        if (goal, database) not in told
    ]


def in_order(lines: Sequence[Line]) -> list[Line]:
    """By goal, then what was measured, both databases side by side; what has no number comes last."""
    return sorted(lines, key=lambda line: GOALS.index(line.row.goal) if line.row.goal in GOALS else 99)


def as_table(lines: Sequence[Line]) -> str:
    """In Markdown, that a terminal shows well too."""
    head = ("goal", "what", "figure", "limit", "verdict", "database")
    cells = [head, *((*line.row[:4], "met" if line.row.ok else "MISSED", line.database) for line in lines)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    told = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    rule = "-|-".join("-" * width for width in widths)
    return "\n".join(f"| {row} |" for row in (told[0], rule.replace("-|-", " | "), *told[1:])) + "\n"
