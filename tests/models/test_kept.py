"""A kept query gives what the query itself would give, to whoever asks, on whatever thread."""

from threading import Thread

import pytest
from django.contrib.auth.models import User
from django.db import connection, reset_queries
from django.db.models import QuerySet, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from tests.rows import give_machine, give_token
from vps.models import Machine
from vps.models.kept import Kept

pytestmark = pytest.mark.django_db


def ask(person: int, product: str) -> QuerySet[Machine]:
    mine = Machine.objects.filter(accesses__token__owner_id=person).exclude(product=product)
    return mine.select_related("status").annotate(called=Concat("name", Value("?"))).order_by("pk")


@pytest.fixture
def machines(anna: User) -> list[Machine]:
    token = give_token(anna)
    return [give_machine(token, machine={"name": name}) for name in ("alpha", "beta", "gamma")]


def test_each_asks_with_values_of_their_own_and_it_is_written_once(
    anna: User, machines: list[Machine]
) -> None:
    asked: list[int] = []

    def counted(person: int, product: str) -> QuerySet[Machine]:
        asked.append(person)
        return ask(person, product)

    kept = Kept(counted)
    for left_out in machines:
        rows = kept.rows(person=anna.pk, product=left_out.product)
        assert rows == list(ask(anna.pk, left_out.product))
        assert [row.called for row in rows] == [f"{one.name}?" for one in machines if one != left_out]  # type: ignore[attr-defined]
    assert kept.rows(person=anna.pk + 1, product="") == []
    assert len(asked) == 1


def test_what_is_selected_along_with_a_row_is_there_without_a_query(
    anna: User, machines: list[Machine]
) -> None:
    kept = Kept(ask)
    kept.rows(person=anna.pk, product="")
    with CaptureQueriesContext(connection) as queries:
        rows = kept.rows(person=anna.pk, product="")
        assert [row.status.machine_id for row in rows] == [one.pk for one in machines]
    assert len(queries) == 1


def test_a_changed_row_is_read_anew(anna: User, machines: list[Machine]) -> None:
    kept = Kept(ask)
    kept.rows(person=anna.pk, product="")
    Machine.objects.update(name="omega")
    assert {row.name for row in kept.rows(person=anna.pk, product="")} == {"omega"}


@pytest.mark.django_db(transaction=True)
def test_another_thread_asks_over_its_own_connection(anna: User, machines: list[Machine]) -> None:
    kept, heard = Kept(ask), []
    kept.rows(person=anna.pk, product="")
    ours = connection.connection

    def elsewhere() -> None:
        reset_queries()
        heard.append(len(kept.rows(person=anna.pk, product="")))
        heard.append(connection.connection is not ours)
        connection.close()

    thread = Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert heard == [3, True]


def test_a_value_that_the_query_does_not_ask_for_is_said(anna: User) -> None:
    with pytest.raises(ValueError, match="does not ask for product"):
        Kept(lambda person, product: Machine.objects.filter(accesses__token__owner_id=person)).rows(
            person=anna.pk, product="vm-1"
        )
