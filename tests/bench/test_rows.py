"""The table of `make bench`: nothing that is missing or broken looks met."""

from math import nan

import pytest

from tests.bench import __main__ as table
from tests.bench.rows import Line, Row, as_table, at_least, at_most, read_rows, unmeasured


def test_a_figure_at_its_limit_is_met_and_beyond_it_or_none_at_all_is_missed() -> None:
    assert at_most("G1", "poll", 1.2, 1.2).ok
    assert not at_most("G1", "poll", 1.21, 1.2).ok
    assert at_least("G4", "rate", 0.85, 0.85).ok
    assert not at_least("G4", "rate", 0.84, 0.85).ok
    assert not at_most("G1", "poll", nan, 1.2).ok
    assert not at_least("G4", "rate", nan, 0.85).ok


def test_a_goal_that_nothing_was_measured_for_is_missed() -> None:
    lines = [Line(at_most("G2", "queries", 3, 3, ""), "SQLite")]
    missing = unmeasured(lines, ["SQLite", "PostgreSQL"])
    assert len(missing) == 29
    assert not any(line.row.ok for line in missing)


@pytest.mark.parametrize(
    "name", ["of_nobody", "rows"]
)  # one that is not there, and one that measures nothing
def test_a_module_that_fails_is_a_missed_goal(name: str) -> None:
    (row,) = table.measured(name, "")
    assert not row.ok
    assert name in row.what


def test_rows_of_others_may_hold_plain_numbers_but_need_a_verdict() -> None:
    assert read_rows([("G1", "poll", 1.1234, 1.2, True)]) == [Row("G1", "poll", "1.12", "1.2", True)]
    with pytest.raises(ValueError, match="is no row"):
        read_rows([("G1", "poll", 1.1, 1.2, "met")])


def test_a_missed_goal_stands_out() -> None:
    lines = [Line(at_most("G2", "queries", 4, 3, ""), "SQLite")]
    assert "| MISSED  | SQLite" in as_table(lines)
