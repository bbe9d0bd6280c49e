"""The audit lines as a table for other programs."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.audit_kit import table, write
from tests.rows import give_machine, give_token
from vps.models import Code
from vps.services import audit_lines

pytestmark = pytest.mark.django_db


def test_the_table_is_a_file_that_computes_nothing(signed_in: Client, anna: User) -> None:
    names = ['=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "\tx", "\rx", " =1", 'a"b,c\nd', "plain"]
    for name in names:
        machine = give_machine(give_token(anna), machine={"name": name})
        write(Code.CONSOLE_CLOSED, machine=machine, outcome="closed", seconds=3)
    answer = signed_in.get("/audit/lines.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="audit-')
    head, *rows = table(answer)
    assert head == list(audit_lines.COLUMNS)
    written = [row[head.index("machine")] for row in reversed(rows)]
    assert written == [f"'{name}" for name in names[:6]] + [" =1", *names[7:]]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)
    assert rows[0][head.index("details")] == "seconds=3"


def test_the_table_says_where_it_was_cut(
    signed_in: Client, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_lines, "MOST_EXPORTED", 4)
    monkeypatch.setattr(audit_lines, "AT_ONCE", 3)
    for number in range(4):
        write(Code.SIGNED_IN, timezone.now() - timedelta(minutes=number), person=anna)
    assert len(table(signed_in.get("/audit/lines.csv"))) == 5
    write(Code.SIGNED_IN, person=anna)
    rows = table(signed_in.get("/audit/lines.csv"))
    assert len(rows) == 6
    assert rows[-1] == ["Cut after 4 lines: ask for less at once."]
