"""`manage.py collect` as a real process."""

import signal
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from tests.bench import collector_round
from tests.commands.processes import MANAGE, database_url, every, started
from tests.services.collector_kit import eventually
from tests.settings import TEST_ENVIRONMENT
from vps.models import Lease, Machine, Sample, Status
from vps.provider.secret import Secret
from vps.services.tokens import add_token
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def provider(anna: User, settings: Settings) -> Iterator[Simulator]:
    """With 12 machines, all read through a token of Anna's."""
    with Simulator(machines=12, calls_per_minute=0) as running:
        settings.VPS_API_URL = running.api
        secret = Secret(running.tokens[0].token)
        assert add_token(anna, name="Mine", secret=secret, projects=list(running.projects)).saved
        yield running


@pytest.fixture
def environment(provider: Simulator) -> dict[str, str]:
    told = {"VPS_API_URL": provider.api, "VPS_CALLS_PER_MINUTE": "100000", **every(1)}
    return {**TEST_ENVIRONMENT, **told, "DATABASE_URL": database_url()}


def heard_since(moment: datetime) -> int:
    return Status.objects.filter(heard_at__gt=moment).count()


def heard() -> int:
    return Status.objects.filter(heard_at__isnull=False, problem="").count()


def test_it_collects_until_it_is_told_to_stop(environment: dict[str, str], tmp_path: Path) -> None:
    with started([*MANAGE, "collect"], tmp_path, **environment) as running:
        eventually(lambda: Sample.objects.count() >= 36, "three rounds are written")
        assert running.end() == 0
    assert heard() == 12
    assert "Traceback" not in running.printed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_within_ten_seconds_while_calls_hang_and_writes_what_it_heard(
    number: signal.Signals, provider: Simulator, environment: dict[str, str], tmp_path: Path
) -> None:
    hanging = Machine.objects.order_by("pk")[:6]
    with started([*MANAGE, "collect"], tmp_path, **environment) as running:
        eventually(lambda: heard() == 12, "all are heard of")
        for machine in hanging:
            provider.fault("hang", product=machine.product, kind="status")
        provider.fault("latency", seconds=2.0, kind="status")
        provider.calls.clear()
        eventually(lambda: provider.calls.count("status") >= 12, "calls are under way")
        last = Sample.objects.count()
        began = time.monotonic()
        assert running.end(number) == 0
        assert time.monotonic() - began < 10
    assert Sample.objects.count() > last
    assert "Traceback" not in running.printed


def test_a_ctrl_c_ends_it_without_a_traceback(environment: dict[str, str], tmp_path: Path) -> None:
    with started([*MANAGE, "collect"], tmp_path, **environment) as running:
        eventually(lambda: heard() == 12, "all are heard of")
        assert running.interrupt() == 0
    assert "Traceback" not in running.printed


def test_once_asks_each_machine_one_time_and_ends(
    provider: Simulator, environment: dict[str, str], tmp_path: Path
) -> None:
    provider.calls.clear()
    with started([*MANAGE, "collect", "--once"], tmp_path, **environment) as running:
        assert running.process.wait(30) == 0
    assert provider.calls.count("status") == 12
    assert heard() == 12
    assert not Lease.objects.exists()


def test_a_database_that_cannot_be_reached_is_said_and_waited_for(
    environment: dict[str, str], tmp_path: Path
) -> None:
    away = {
        "sqlite": f"sqlite:///{tmp_path}/empty.sqlite3",
        "postgresql": "postgres://nobody@127.0.0.1:9/nothing",
    }[connection.vendor]
    with started([*MANAGE, "collect"], tmp_path, **{**environment, "DATABASE_URL": away}) as running:
        running.says("database is away")
        assert running.process.poll() is None
        assert running.end() == 0


def test_a_wrong_setting_is_said_in_one_sentence(environment: dict[str, str], tmp_path: Path) -> None:
    with started([*MANAGE, "collect"], tmp_path, **{**environment, "VPS_INTERVAL": "soon"}) as running:
        assert running.process.wait(30) != 0
    assert "VPS_INTERVAL must be a number of seconds" in running.printed
    assert "Traceback" not in running.printed


def test_a_thousand_machines_are_all_asked_in_the_first_round_and_again_in_the_next(
    anna: User, settings: Settings, tmp_path: Path
) -> None:
    with collector_round.provider(1000) as told:
        settings.VPS_API_URL = told["api"]
        secret = Secret(told["tokens"][0]["token"])
        assert add_token(anna, name="Mine", secret=secret, projects=list(told["projects"])).saved
        many = {"VPS_API_URL": told["api"], "VPS_CALLS_PER_MINUTE": "1000000", **every(10)}
        variables = {**TEST_ENVIRONMENT, **many, "DATABASE_URL": database_url()}
        with started([*MANAGE, "collect"], tmp_path, **variables) as running:
            eventually(lambda: heard() == 1000, "all are heard of", patience=20)
            began = timezone.now()
            eventually(lambda: heard_since(began) == 1000, "all are heard of again", patience=20)
            assert running.end() == 0
    assert "Traceback" not in running.printed
