"""There is no room for another page in the database's file: SQLite alone, whose file may be given a limit."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from django.contrib.auth.models import User
from django.db import connection
from pytest_django import Settings

from tests.commands.processes import database_url
from tests.prove import say
from tests.prove.scenes import MACHINES, Scene, opened, read_by
from tests.prove.witness import Witness
from tests.services.collector_kit import eventually
from vps.models import AuditEvent, Machine, PowerAction, Sample

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def provider(anna: User, settings: Settings) -> Iterator[Witness]:
    with read_by(anna, settings) as running:
        yield running


@contextmanager
def full_disk() -> Iterator[str]:
    """Yields the address of the test's database for processes that may not make its file longer. There is room again
    at the end, since what filled it is removed."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE ballast (data BLOB)")
        cursor.execute("PRAGMA freelist_count")
        (free,) = cursor.fetchone()
        cursor.execute("INSERT INTO ballast VALUES (zeroblob(%s))", [4096 * (free + 2000)])
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
    opening = f"PRAGMA journal_mode=WAL; PRAGMA max_page_count={pages};"
    try:
        yield f"{database_url()}?init_command={quote(opening)}"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS ballast")


def test_a_full_disk_is_said_pages_are_read_and_no_press_is_sent_that_cannot_be_written_down(
    anna: User, provider: Witness, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with full_disk() as url, opened(tmp_path, anna, provider, DATABASE_URL=url) as scene:
        eventually(
            lambda: "database or disk is full" in scene.collector.log.read_text(), "the collector says so"
        )
        written = Sample.objects.count()
        scene.pages_are_read()
        machine = Machine.objects.order_by("pk")[0]
        refused = press_until_it_is_full(scene, machine)
        assert refused.status_code in (500, 503)
        assert len(provider.deeds) == PowerAction.objects.exclude(sent_at=None).count()
        assert AuditEvent.objects.filter(code="power.requested").count() == PowerAction.objects.count()
        scene.pages_are_read()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE ballast")
        took = scene.all_is_heard_again()
        assert Sample.objects.count() >= written + MACHINES
        scene.nothing_was_doubled()
    say(f"disk full: all was heard again {took:.1f} s after there was room", capsys)


def press_until_it_is_full(scene: Scene, machine: Machine) -> requests.Response:
    """The last pages of the file may still hold a row or two."""
    for number, each in enumerate(Machine.objects.order_by("pk")[:40]):
        answer = scene.anna.press(each, "kill", f"nonce-{number:04d}" * 4, **{"HX-Request": "true"})
        if answer.status_code >= 500:
            return answer
    pytest.fail("forty presses were written down on a disk that is full")
