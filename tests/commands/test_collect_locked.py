"""`manage.py collect` is told to end while another process holds the database."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from tests.commands.processes import MANAGE, database_url, every, started
from tests.rows import give_machine, give_token
from tests.services.collector_kit import eventually
from tests.settings import TEST_ENVIRONMENT
from vps.models import Revision, Status
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def locked() -> Iterator[None]:
    """Another writer is at work: the whole SQLite file, or PostgreSQL's row of the revision."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            yield
            holder.execute("ROLLBACK")
        return
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Revision.take()
            held.set()
            free.wait(60)
        connection.close()

    holding = threading.Thread(target=hold)
    holding.start()
    held.wait(20)
    try:
        yield
    finally:
        free.set()
        holding.join(20)


@pytest.fixture
def environment(anna: User) -> Iterator[dict[str, str]]:
    """A provider with 12 machines, all read through a token of Anna's."""
    with Simulator(machines=12, calls_per_minute=0) as running:
        token = give_token(anna, secret=running.tokens[0].token)
        for project, products in running.projects.items():
            for product in products:
                give_machine(token, machine={"project": project, "product": product}, heard_at=None)
        told = {"VPS_API_URL": running.api, "VPS_CALLS_PER_MINUTE": "100000", **every(1)}
        yield {**TEST_ENVIRONMENT, **told, "DATABASE_URL": database_url()}


def all_heard_since(moment: object) -> bool:
    return not Status.objects.exclude(heard_at__gt=moment).exists()


def test_it_ends_within_ten_seconds_while_another_holds_the_lock(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with started([*MANAGE, "collect"], tmp_path, **environment) as running:
        eventually(lambda: not Status.objects.filter(heard_at=None).exists(), "all are heard of")
        with locked():
            running.says("the database is away")
            began = time.monotonic()
            assert running.end() == 0
            assert time.monotonic() - began < 10
    assert "Traceback" not in running.printed


def test_it_goes_on_when_the_lock_is_gone(environment: dict[str, str], tmp_path: Path) -> None:
    with started([*MANAGE, "collect"], tmp_path, **environment) as running:
        eventually(lambda: not Status.objects.filter(heard_at=None).exists(), "all are heard of")
        with locked():
            running.says("the database is away")
            assert running.process.poll() is None
        free = timezone.now()
        eventually(lambda: all_heard_since(free), "all are heard of again")
        assert running.end() == 0
    assert "Traceback" not in running.printed
