"""What is asked often is planned once for each connection, with its constants written into it."""

import pytest
from django.db import connection

from vps.models.statements import planned_once, with_constants


class Blank:
    """Where a value goes."""


@pytest.mark.django_db
def test_constants_are_written_into_the_statement_and_blanks_stay() -> None:
    sql = "SELECT %s, %s, '100 %%', %s"
    written, left = with_constants(sql, ["50 % of O'Hara", blank := Blank(), 7], Blank)
    if connection.vendor == "postgresql":
        assert left == [blank]
        filled: list[object] = ["x"]
    else:
        assert (written, len(left)) == (sql, 3)
        filled = ["50 % of O'Hara", "x", 7]
    with planned_once() as cursor:
        cursor.execute(written, filled)
        assert tuple(cursor.fetchone()) == ("50 % of O'Hara", "x", "100 %", 7)


@pytest.mark.django_db
def test_postgresql_keeps_the_plan_and_nothing_elses() -> None:
    if connection.vendor != "postgresql":
        return  # SQLite's driver keeps its statements by itself
    with planned_once() as cursor:
        cursor.execute("SELECT count(*) FROM vps_machine WHERE project = %s", ["prj-1"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM vps_machine WHERE project = %s", ["prj-2"])
        cursor.execute(
            "SELECT statement FROM pg_prepared_statements WHERE statement LIKE %s",
            ["%count(*) FROM vps_mach%"],
        )
        assert cursor.fetchall() == [("SELECT count(*) FROM vps_machine WHERE project = $1",)]


@pytest.mark.django_db
def test_postgresql_plans_what_is_kept_in_its_first_run_and_never_again() -> None:
    if connection.vendor != "postgresql":
        return
    for project in ("prj-1", "prj-2", "prj-3"):
        with planned_once() as cursor:
            cursor.execute("SELECT max(name) FROM vps_machine WHERE project = %s", [project])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE %s",
            ["SELECT max(name)%"],
        )
        assert cursor.fetchall() == [(3, 0)]
