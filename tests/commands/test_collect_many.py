"""Two real collectors: one is paused, goes on, and is killed; the other takes its machines and gives them back."""

import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, transaction
from django.db.models import Count
from django.utils import timezone
from pytest_django import Settings

from tests.commands.processes import ROOT, database_url, every, started
from tests.services.collector_kit import eventually
from tests.settings import TEST_ENVIRONMENT
from vps.models import Collector, Lease, Sample
from vps.provider.secret import Secret
from vps.services.interest import impatient
from vps.services.tokens import add_token
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
# Five times as fast as it is: leases of 2 s, prolonged each 0.4 s.
HURRIED = """
import sys
sys.path.insert(0, sys.argv[1])
from dashboard.env import name_settings_module
name_settings_module()
import django
django.setup()
from django.core.management import call_command
from vps.services import collection, leases
leases.LEASE_SECONDS, collection.PLAN_SECONDS = 2.0, 0.4
call_command("collect")
"""


def shares() -> list[int]:
    """How many machines each collector that lives holds, the most first."""
    held = Lease.objects.filter(holder__in=Collector.objects.all()).values("holder").order_by()
    return sorted(held.annotate(n=Count("pk")).values_list("n", flat=True), reverse=True)


def heard_by(pid: int, machines: int, since: datetime) -> Callable[[], bool]:
    """Whether that process holds so many machines, and all of them were heard of since."""

    def ready() -> bool:
        held = Lease.objects.filter(holder__in=Collector.objects.filter(pid=pid)).values("machine")
        heard = Sample.objects.filter(machine__in=held, time__gt=since).values("machine").distinct()
        return heard.count() == machines == held.count()

    return ready


def pause(process: "subprocess.Popen[bytes]") -> None:
    """Not while it keeps all others from writing: SQLite has one lock, which whoever is paused then holds."""
    while True:
        process.send_signal(signal.SIGSTOP)
        try:
            with impatient(0.5), transaction.atomic():
                return
        except OperationalError:
            process.send_signal(signal.SIGCONT)


def test_a_paused_and_a_killed_collector_are_replaced_and_machines_are_shared_again(
    anna: User, settings: Settings, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", HURRIED, str(ROOT)]
    with Simulator(machines=12, calls_per_minute=0) as provider:
        settings.VPS_API_URL = provider.api
        secret = Secret(provider.tokens[0].token)
        assert add_token(anna, name="Mine", secret=secret, projects=list(provider.projects)).saved
        told = {"VPS_API_URL": provider.api, "VPS_CALLS_PER_MINUTE": "100000"}
        environment = {**TEST_ENVIRONMENT, **told, **every(1), "DATABASE_URL": database_url()}
        (tmp_path / "other").mkdir()
        with (
            started(command, tmp_path, **environment) as first,
            started(command, tmp_path / "other", **environment) as second,
        ):
            eventually(lambda: shares() == [6, 6], "each has half of the machines")
            pause(first.process)
            eventually(heard_by(second.process.pid, 12, timezone.now()), "the other asks all of them")
            first.process.send_signal(signal.SIGCONT)
            eventually(heard_by(first.process.pid, 6, timezone.now()), "it has its half again")
            assert shares() == [6, 6]
            first.process.kill()
            eventually(heard_by(second.process.pid, 12, timezone.now()), "the other asks all of them again")
            assert second.end() == 0
        assert not Collector.objects.filter(pid=second.process.pid).exists()
        assert "Traceback" not in first.printed + second.printed
