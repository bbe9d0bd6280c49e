"""The demo's invented past: for what was heard of alone, and in no other database than the demo's."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.rows import give_machine, give_token
from vps.models import Machine, Sample
from vps.services.machines import show_machine
from vps.services.past import BATCH, invent_past

pytestmark = pytest.mark.django_db


def test_a_machine_that_was_heard_of_gets_90_days_and_another_none(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert BATCH < 32_766 / 13
    token, now = give_token(anna), timezone.now()
    heard, unheard = give_machine(token), give_machine(token)
    figures = {"cpu": 20.0, "memory_percent": 50.0, "memory_used": 512.0, "disk": 10**9}
    Sample.objects.create(machine=heard, time=now - timedelta(seconds=2), up=10, **figures)
    number = invent_past(now)
    assert number == Sample.objects.filter(machine=heard).count() - 1
    assert not Sample.objects.filter(machine=unheard).exists()
    for span in ("1h", "24h", "7d", "30d", "90d"):
        charts = show_machine(anna, heard.project, heard.product, span).charts
        assert len(charts.points.split(";")) > 100
        assert charts.shares[0].kind == "up"
    assert Machine.objects.get(pk=heard.pk).first_seen == now - timedelta(days=90)


def test_no_past_is_invented_in_another_database(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="own database"):
        call_command("demo", past=str(tmp_path))
    assert not Sample.objects.exists()
