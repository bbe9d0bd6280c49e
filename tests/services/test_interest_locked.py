"""On SQLite, which has one writer at a time, no page waits to write who looks."""

import sqlite3
import time
from contextlib import closing

import pytest
from django.contrib.auth.models import User
from django.db import connection

from tests.rows import give_machine, give_token
from tests.services.board_kit import board, poll
from vps.models import Interest
from vps.services import interest


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has one writer at a time")
def test_a_locked_database_keeps_no_page_waiting(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interest, "_written", {})
    give_machine(give_token(anna))
    began = time.monotonic()
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
        other.execute("BEGIN IMMEDIATE")
        assert board(anna).total == 1
        assert poll(anna, board(anna)).board is None
    assert time.monotonic() - began < 5
    assert not Interest.objects.exists()
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (20_000,)
