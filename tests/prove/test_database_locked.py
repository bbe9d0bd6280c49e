"""Another process writes for 30 s (in `make test`, for 2 s) and lets nobody else do so."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.commands.test_collect_locked import locked
from tests.prove import FULL, say
from tests.prove.scenes import opened, read_by
from tests.prove.witness import Witness
from tests.services.collector_kit import eventually
from vps.models import Status

pytestmark = pytest.mark.django_db(transaction=True)
HELD = 30.0 if FULL else 2.0


@pytest.fixture
def provider(anna: User, settings: Settings) -> Iterator[Witness]:
    with read_by(anna, settings) as running:
        yield running


def test_a_database_that_another_locks_is_read_meanwhile_and_written_within_five_seconds(
    anna: User, provider: Witness, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(tmp_path, anna, provider) as scene:
        eventually(lambda: not Status.objects.filter(heard_at=None).exists(), "all are heard of")
        with locked():
            until = time.monotonic() + HELD
            while time.monotonic() < until:
                scene.pages_are_read()
                time.sleep(0.5)
            eventually(
                lambda: "the database is away" in scene.collector.log.read_text(), "the collector says so"
            )
        took = scene.all_is_heard_again()
        scene.nothing_was_doubled()
    say(f"locked for {HELD:.0f} s: all was heard again after {took:.1f} s", capsys)
