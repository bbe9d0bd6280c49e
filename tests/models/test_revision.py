"""Revisions are numbered in the order of their commits."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from vps.models import Revision

pytestmark = pytest.mark.django_db(transaction=True)


def take() -> int:
    with transaction.atomic():
        return Revision.take()


def test_each_is_one_more_than_the_last() -> None:
    assert [take(), take(), take()] == [1, 2, 3]


def test_outside_a_transaction_none_is_given_out() -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        Revision.take()
    assert not Revision.objects.exists()


def test_what_is_rolled_back_leaves_no_gap() -> None:
    take()
    with transaction.atomic():
        assert Revision.take() == 2
        transaction.set_rollback(True)
    assert take() == 2


def test_of_many_at_once_none_is_given_out_twice_and_none_is_visible_before_a_smaller_one() -> None:
    committed: list[int] = []
    lock = threading.Lock()

    def work(_number: int) -> int:
        try:
            with transaction.atomic():
                mine = Revision.take()
                with lock:  # still inside: whoever comes next waits for this commit
                    committed.append(mine)
            return mine
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(work, range(40)))
    assert sorted(given) == committed == list(range(1, 41))
