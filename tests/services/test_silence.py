"""A collector that died and has no successor is told by its row: no page waits until each machine's check is late."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.utils import timezone

from tests.rows import give_machine, give_token, heard
from vps.models import Collector, Machine
from vps.services import collection
from vps.services.board import View, poll_board, show_board
from vps.services.leases import LEASE_SECONDS
from vps.services.pulse import collector_late

pytestmark = pytest.mark.django_db
ALIVE, JUST_NOW, DEAD = 8.0, -5.0, -LEASE_SECONDS - 1


@pytest.fixture(autouse=True)
def idle(anna: User) -> Machine:
    """Asked each minute, and half a minute ago."""
    now = timezone.now()
    moments = {"due_at": now + timedelta(seconds=30), "late_at": now + timedelta(seconds=90)}
    return give_machine(give_token(anna), **heard(now - timedelta(seconds=30)) | moments)


def give_collector(ends_in: float) -> None:
    Collector.objects.create(host="here", pid=1, ends_at=Now() + timedelta(seconds=ends_in))


@pytest.mark.parametrize(
    ("collectors", "late"),
    [
        ([], False),
        ([ALIVE], False),
        ([JUST_NOW], False),
        ([DEAD], True),
        ([DEAD, DEAD], True),
        ([DEAD, ALIVE], False),
    ],
)
def test_pages_are_late_when_all_collectors_are_dead(anna: User, collectors: list[float], late: bool) -> None:
    for ends_in in collectors:
        give_collector(ends_in)
    assert collector_late(anna, timezone.now()) == show_board(anna, View()).late == late


def test_an_open_board_is_told_by_its_next_poll_and_when_it_is_over(anna: User) -> None:
    give_collector(ALIVE)
    board = show_board(anna, View())
    Collector.objects.update(ends_at=Now() + timedelta(seconds=DEAD))
    late = poll_board(anna, View(), board.version, board.late).board
    assert late is not None
    assert late.late
    assert late.heard.overdue_since is None, "no check was due yet"
    assert poll_board(anna, View(), late.version, late.late).board is None
    give_collector(ALIVE)
    again = poll_board(anna, View(), late.version, late.late).board
    assert again is not None
    assert not again.late


def test_who_asks_once_forgets_the_dead() -> None:
    give_collector(DEAD)
    give_collector(ALIVE)
    Machine.objects.all().delete()
    collection.Collector(threads=1).run_once()
    assert Collector.objects.count() == 1
