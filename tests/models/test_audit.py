"""The database itself keeps audit lines as they were written."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from tests.audit_reset import lines_may_change
from vps.models import AuditEvent, Code
from vps.services.audit import record

TABLE = "vps_auditevent"


@pytest.fixture
def line(anna: User) -> AuditEvent:
    with transaction.atomic():
        return record(Code.TEAM_CREATED, person=anna)


def refused(deed: Callable[[], object]) -> bool:
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        deed()
    return True


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_line_is_neither_changed_nor_deleted(line: AuditEvent) -> None:
    before = AuditEvent.objects.values().get()
    assert refused(lambda: AuditEvent.objects.update(person="somebody else"))
    assert refused(lambda: AuditEvent.objects.all().delete())
    assert refused(line.delete)
    assert refused(line.save)
    assert refused(lambda: run(f"UPDATE {TABLE} SET outcome = 'succeeded'"))
    assert refused(lambda: run(f"DELETE FROM {TABLE}"))
    assert AuditEvent.objects.values().get() == before


def test_a_line_is_not_replaced_by_one_of_its_id(line: AuditEvent) -> None:
    columns = "id, at, code, outcome, person, project, product, machine, token, token_owner, team, detail"
    values = f"{line.pk}, '2026-01-01', 'team.created', '', 'x', '', '', '', '', '', '', '{{}}'"
    if connection.vendor == "sqlite":
        assert refused(lambda: run(f"INSERT OR REPLACE INTO {TABLE} ({columns}) VALUES ({values})"))
    insert = f"INSERT INTO {TABLE} ({columns}) VALUES ({values}) ON CONFLICT (id) DO UPDATE SET person = 'x'"
    assert refused(lambda: run(insert))
    assert AuditEvent.objects.get().person == "anna"


def test_all_lines_at_once_are_not_deleted_either(line: AuditEvent) -> None:
    if connection.vendor == "postgresql":
        assert refused(lambda: run(f"TRUNCATE {TABLE}"))
        assert refused(lambda: run(f"TRUNCATE {TABLE} CASCADE"))
    assert AuditEvent.objects.count() == 1


def test_whoever_goes_leaves_their_lines(line: AuditEvent, anna: User) -> None:
    anna.delete()
    assert AuditEvent.objects.get().person == "anna"


def test_tests_may_reset_it_and_it_is_guarded_again(line: AuditEvent) -> None:
    with lines_may_change():
        AuditEvent.objects.update(person="ben")
    assert AuditEvent.objects.get().person == "ben"
    assert refused(lambda: AuditEvent.objects.update(person="anna"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_flush_takes_the_lines_and_leaves_the_guard(turn: int, line: AuditEvent) -> None:
    assert AuditEvent.objects.count() == 1
    assert refused(lambda: AuditEvent.objects.all().delete())


def test_a_line_is_added_beside_a_guard(line: AuditEvent, anna: User) -> None:
    with transaction.atomic():
        record(Code.TEAM_CREATED, person=anna)
    assert AuditEvent.objects.count() == 2
