"""An unfinished bulk is found again on the board, by its own person, until it is finished or stopped."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.views.bulk_kit import at, bulk, confirmed
from vps.models import Bulk, Machine
from vps.services import bulk as bulks
from vps.services.bulk_open import open_bulks

__all__ = ["bulk", "confirmed"]


def board(client: Client) -> str:
    return client.get("/").content.decode()


def test_it_is_on_the_board_with_what_is_left_and_a_way_to_it(signed_in: Client, confirmed: Bulk) -> None:
    done, taken, _waiting = confirmed.items.all()
    confirmed.items.filter(pk=done.pk).update(state="pressed", taken_at=timezone.now())
    confirmed.items.filter(pk=taken.pk).update(state="taken", taken_at=timezone.now())
    page = board(signed_in)
    assert "<strong>Reboot 3 machines</strong>: 2 not asked yet." in page
    assert f'<a class="btn" href="{at(confirmed)}"' in page
    assert at(confirmed) not in signed_in.get("/", headers={"HX-Request": "true"}).content.decode()


def test_it_is_nobody_elses(stranger: Client, confirmed: Bulk) -> None:
    assert at(confirmed) not in board(stranger)


def test_one_that_was_not_confirmed_asks_nothing(signed_in: Client, bulk: Bulk) -> None:
    assert "not asked yet" not in board(signed_in)


def test_it_leaves_when_it_is_stopped(signed_in: Client, anna: User, confirmed: Bulk) -> None:
    bulks.stop_bulk(anna, confirmed.pk)
    assert "not asked yet" not in board(signed_in)


@pytest.mark.parametrize("state", ["pressed", "left_out"])
def test_it_leaves_when_nothing_is_left(signed_in: Client, confirmed: Bulk, state: str) -> None:
    confirmed.items.update(state=state, taken_at=timezone.now())
    assert "not asked yet" not in board(signed_in)


def test_the_latest_three_cost_one_query(anna: User, machines: list[Machine]) -> None:
    for _bulk in range(4):
        made = bulks.make_bulk(anna, "start", bulks.choose_machines(anna, [str(machines[0].pk)]))
        made.items.update(state="waiting")
        Bulk.objects.filter(pk=made.pk).update(confirmed_at=timezone.now())
    with CaptureQueriesContext(connection) as asked:
        assert [each.left for each in open_bulks(anna)] == [1, 1, 1]
    assert len(asked) == 1
