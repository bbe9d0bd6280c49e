"""The life of a power action: a row first, sent once, and then what the provider's answer says of it."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tests.provider.fault_server import FAULTS, Exchange, Fault, FaultServer
from tests.rows import give_machine, give_token
from tests.services.power_kit import lines, outcomes, press, revision
from vps.models import AuditEvent, Machine, PowerAction, Status, Token
from vps.provider.client import Client
from vps.services import audit, calls

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine(anna: User) -> Machine:
    """Seen stopped, so that it can be started."""
    return give_machine(give_token(anna), word="stopped", booted_at=None)


def test_the_action_that_a_press_gives_back_is_the_row(
    anna: User, machine: Machine, settings: Settings
) -> None:
    with FaultServer() as server:
        settings.VPS_API_URL = server.url
        action = press(anna, machine).action
    names = [field.attname for field in PowerAction._meta.concrete_fields]
    assert list(machine.actions.values(*names)) == [{name: getattr(action, name) for name in names}]
    assert action.machine == machine
    assert lines(machine) == [("power.requested", ""), ("power.answered", "succeeded")]


def test_an_accepted_action_keeps_the_providers_receipt(
    anna: User, machine: Machine, settings: Settings
) -> None:
    with FaultServer() as server:
        settings.VPS_API_URL = server.url
        action = press(anna, machine).action
    assert (action.state, action.reason, action.said, action.http_status) == ("succeeded", "", "", None)
    assert (action.uid, action.created) == ("action_abc123", "2025-01-15T10:30:00Z")
    assert action.finished == "2025-01-15T10:30:30Z"
    assert (action.person, action.person_name) == (anna, "anna")
    assert action.token_id == machine.accesses.get().token_id


def test_a_refusal_keeps_what_the_provider_said(anna: User, machine: Machine, settings: Settings) -> None:
    fault = next(fault for fault in FAULTS if fault.name == "400")
    with FaultServer(fault) as server:
        settings.VPS_API_URL = server.url
        action = press(anna, machine).action
    assert (action.reason, action.http_status) == ("refused", 400)
    assert action.said == "Error, vps is already online."


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("reads", [False, True], ids=["connected", "asked"])
def test_the_row_is_committed_as_sent_before_the_provider_hears_of_it(
    reads: bool, anna: User, machine: Machine, settings: Settings
) -> None:
    seen: list[tuple[object, ...]] = []

    def look(exchange: Exchange) -> None:
        """In the provider's own thread, through a connection of its own."""
        seen.extend(PowerAction.objects.values_list("state", "observed", "machine", "command"))
        seen.extend(AuditEvent.objects.values_list("code", "person", "product"))
        connection.close()
        exchange.reset()

    with FaultServer(Fault("looks", look, None, None, reads=reads)) as server:
        settings.VPS_API_URL = server.url
        press(anna, machine)
    assert seen == [
        ("sent", "watching", machine.pk, "start"),
        ("power.requested", "anna", machine.product),
    ]


def test_a_token_that_does_not_open_fails_and_nothing_was_sent(anna: User, settings: Settings) -> None:
    token = give_token(anna)
    machine = give_machine(token)
    Token.objects.filter(pk=token.pk).update(sealed=b"broken")
    with FaultServer() as server:
        settings.VPS_API_URL = server.url
        action = press(anna, machine).action
    assert (action.state, action.reason, action.sent_at) == ("failed", "token_refused.seal", None)
    assert server.connections == 0


@pytest.mark.parametrize(
    ("where", "name", "told"),
    [
        (Client, "control", ("unknown", "outcome_unknown.internal")),
        (calls, "Client", ("failed", "unreachable.internal")),
    ],
)
def test_an_error_that_nobody_thought_of_is_told_as_far_as_the_call_had_come(
    where: object,
    name: str,
    told: tuple[str, str],
    anna: User,
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def break_down(*_arguments: object, **_fields: object) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(where, name, break_down)
    action = press(anna, machine).action
    assert (action.state, action.reason) == told
    assert "nobody thought of this" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_before_the_sending_outlives_a_power_cut(
    anna: User, machine: Machine, settings: Settings
) -> None:
    with FaultServer() as server, CaptureQueriesContext(connection) as asked:
        settings.VPS_API_URL = server.url
        press(anna, machine)
    said = [query["sql"] or "" for query in asked.captured_queries]
    sending = next(place for place, sql in enumerate(said) if "SET \"state\" = 'sent'" in sql)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            usual = cursor.execute("PRAGMA synchronous").fetchone()[0]
            assert said[sending - 1] == "PRAGMA synchronous=FULL"
            assert said[sending + 1] == f"PRAGMA synchronous={usual}"
        else:
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)
            # Its log is one: what was committed before without waiting is on the disk with what waits.
            off = [place for place, sql in enumerate(said) if "synchronous_commit" in sql]
            assert all("SET LOCAL" in said[at] or "off', true)" in said[at] for at in off), said
            assert "COMMIT" in said[off[0] : sending]
            assert max(off) < sending


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("line", ["power.requested", "power.answered"])
def test_without_its_audit_line_nothing_is_written(
    line: str, anna: User, machine: Machine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = audit.record

    def fail(code: audit.Code, **fields: object) -> object:
        if code == line:
            raise RuntimeError("no more lines")
        return record(code, **fields)  # type: ignore[arg-type]

    monkeypatch.setattr(audit, "record", fail)
    with FaultServer() as server:
        settings.VPS_API_URL = server.url
        with pytest.raises(RuntimeError, match="no more lines"):
            press(anna, machine)
    row = Status.objects.get(machine=machine)
    if line == "power.requested":
        assert outcomes(machine) == []
        assert (row.last_action, row.revision, server.connections) == (None, 0, 0)
    else:
        assert outcomes(machine) == [("start", "sent")]
        assert len(server.received) == 1


@pytest.mark.django_db(transaction=True)
def test_the_card_changes_when_it_is_pressed_and_when_it_is_answered(
    anna: User, machine: Machine, settings: Settings
) -> None:
    before, during = revision(machine), []

    def look(exchange: Exchange) -> None:
        during.append(revision(machine))
        connection.close()
        exchange.answer_json(exchange.documented())

    with FaultServer(Fault("looks", look, None, None)) as server:
        settings.VPS_API_URL = server.url
        action = press(anna, machine).action
    assert before < during[0] < revision(machine)
    assert Status.objects.get(machine=machine).last_action == action
