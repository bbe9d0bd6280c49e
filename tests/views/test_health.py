"""Addresses for machines: alive, ready, and figures for Prometheus behind a bearer token."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from tests.rows import give_access, give_machine, give_token
from tests.services.collector_kit import RUNNING, answer
from vps.models import CallCount, CollectorBeat
from vps.provider.errors import RateLimited
from vps.services import health
from vps.services.budget_rows import lock, refuse, write
from vps.services.counting import Counts, write_counts

pytestmark = pytest.mark.django_db
BEARER = "a-token-for-prometheus-alone"


@pytest.fixture
def bearer(settings: Settings) -> dict[str, str]:
    settings.METRICS_TOKEN = BEARER
    return {"Authorization": f"Bearer {BEARER}"}


def figures(client: Client, headers: dict[str, str]) -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels."""
    reply = client.get("/metrics", headers=headers)
    assert reply.status_code == 200
    families = text_string_to_metric_families(reply.content.decode())
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.parametrize("host", ["10.0.0.5:8000", "panel-1", "[::1]"])
def test_alive_needs_no_database_session_host_name_or_https(
    host: str, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    with django_assert_num_queries(0):
        reply = Client().get("/healthz", headers={"Host": host})
    assert (reply.status_code, reply.content) == (200, b"alive\n")
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in reply.headers["Cache-Control"]
    assert not reply.cookies
    # any other page still wants all of that
    assert Client().get("/", headers={"Host": host}).status_code in (301, 400)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_they_are_only_looked_at(path: str) -> None:
    assert Client().post(path).status_code == 405


def test_ready_once_a_collector_was_seen_by_the_databases_clock() -> None:
    assert Client().get("/readyz").status_code == 503
    write_counts({})
    assert Client().get("/readyz").content == b"ready\n"
    CollectorBeat.objects.update(at=timezone.now() - timedelta(seconds=health.SILENT_SECONDS + 5))
    reply = Client().get("/readyz", headers={"Host": "10.0.0.5"})
    assert (reply.status_code, reply.content) == (503, b"No collector was seen in the last 30 s.\n")


def test_not_ready_before_all_migrations_are_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    write_counts({})
    latest = MigrationRecorder.Migration.objects.filter(app="vps").latest("pk")
    latest.delete()
    assert Client().get("/readyz").content == b"The database lacks migrations.\n"
    MigrationRecorder(connection).record_applied("vps", latest.name)
    assert Client().get("/readyz").status_code == 200


@pytest.mark.parametrize(
    "said", [None, "", "Bearer", "Bearer wrong", f"Basic {BEARER}", f"Bearer {BEARER}x", "Bearer \xe9"]
)
def test_figures_are_for_who_bears_the_token(said: str | None, bearer: dict[str, str]) -> None:
    give_machine()
    reply = Client().get("/metrics", headers={} if said is None else {"Authorization": said})
    assert (reply.status_code, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert b"vps_" not in reply.content


@pytest.mark.parametrize("said", [{}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {BEARER}"}])
def test_without_a_token_set_there_are_no_figures(said: dict[str, str]) -> None:
    assert Client().get("/metrics", headers=said).status_code == 404


def test_figures_agree_with_the_database(bearer: dict[str, str], anna: User) -> None:
    mine, other = give_token(anna), give_token(anna)
    late = timezone.now() - timedelta(seconds=100)
    shared = give_machine(mine)
    give_access(other, shared)
    give_machine(mine, word="stopped", due_at=late, late_at=late)
    give_machine(mine, problem="unreachable")
    give_machine(mine, word="<b>\nhostile 1")
    give_machine(mine, word="")
    give_machine(word="running")  # nobody reads it any more
    write_counts({(mine.pk, "ok", 50): (3, 0.09), (mine.pk, "ok", 1000): (1, 0.6)})
    write_counts({(mine.pk, "ok", 50): (2, 0.06), (other.pk, "rate_limited", 0): (1, 6.0)})
    told = figures(Client(), bearer)
    states = {name[1]: value for name, value in told.items() if name[0] == "vps_machines" and value}
    assert states == {"running": 1, "stopped": 1, "unreachable": 1, "other": 1, "unseen": 1}
    assert told["vps_machines_late",] == 1
    assert 100 <= told["vps_oldest_overdue_check_seconds",] < 130
    assert 0 <= told["vps_collector_silent_seconds",] < 30
    assert told["vps_calls_total", "ok", str(mine.pk)] == 6
    assert told["vps_calls_total", "rate_limited", str(other.pk)] == 1
    below = [told["vps_call_seconds_bucket", le] for le in ("0.05", "0.5", "1.0", "5.0", "+Inf")]
    assert below == [5, 5, 6, 6, 7]
    assert told["vps_call_seconds_count",] == 7
    assert told["vps_call_seconds_sum",] == pytest.approx(6.75)


def test_figures_hold_no_name_and_no_word_of_anybody(bearer: dict[str, str], anna: User) -> None:
    token = give_token(anna, name="Secret token name", secret="key_never_shown_anywhere")
    machine = give_machine(token, machine={"name": "db-of-payroll", "ipv4": "203.0.113.7"}, word="odd-word")
    write_counts({(token.pk, "ok", 50): (1, 0.01)})
    said = Client().get("/metrics", headers=bearer).content.decode()
    for word in ("Secret", "key_", "payroll", "203.0.113.7", "odd-word", "anna", machine.product):
        assert word not in said


def test_a_fresh_panel_has_figures_too(bearer: dict[str, str]) -> None:
    told = figures(Client(), bearer)
    assert told["vps_machines", "running"] == 0
    assert ("vps_collector_silent_seconds",) not in told


def test_counts_of_a_forgotten_token_go_and_those_of_calls_that_were_not_made_never_come(anna: User) -> None:
    token, counts = give_token(anna), Counts()
    for told in (RUNNING, RUNNING, RateLimited("limited")):
        counts.count(token.pk, answer(told))
    counts.count(uuid.uuid4(), answer(RUNNING))
    counts.write()
    found = CallCount.objects.values_list("token_id", "outcome", "calls")
    assert sorted(found, key=str) == [(token.pk, "ok", 2), (token.pk, "rate_limited", 1)]
    counts.write()
    assert CallCount.objects.get(outcome="ok").calls == 2


def test_what_each_token_may_still_do_is_told(bearer: dict[str, str], anna: User) -> None:
    free, limited = give_token(anna, "Free"), give_token(anna, "Limited")
    with transaction.atomic():
        budgets = {budget.row.token_id: budget for budget in lock([free.pk, limited.pk])}
        refuse(budgets[limited.pk], 120.0)
        write(list(budgets.values()))
    told = figures(Client(), bearer)
    assert told["vps_checks_per_minute", str(free.pk)] == 54
    assert told["vps_calls_left", str(free.pk)] >= 1
    assert told["vps_calls_left", str(limited.pk)] == 0
    assert told["vps_token_limited", str(limited.pk)] == 1
    assert told["vps_token_limited", str(free.pk)] == 0
    assert told["vps_token_unanswered", str(free.pk)] == 0
    assert told["vps_collectors",] == 0
