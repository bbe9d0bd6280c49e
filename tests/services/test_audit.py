"""Lines of who did what: plain values, added with what they tell of, and never changed by what comes later."""

import ast
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone

from tests.rows import give_machine, give_token
from vps.models import AuditEvent, Machine, Token
from vps.services import audit, audit_words
from vps.services.audit import Code
from vps.services.audit_details import DETAILS

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna, name="Anna's key")


@pytest.fixture
def machine(token: Token) -> Machine:
    return give_machine(token, machine={"project": "prj-1", "product": "vm-1", "name": "web-01"})


def record(anna: User, machine: Machine, token: Token) -> AuditEvent:
    with transaction.atomic():
        return audit.record(
            Code.POWER_ANSWERED,
            outcome="failed",
            person=anna,
            machine=machine,
            token=token,
            command="stop",
            action=7,
        )


def test_a_line_says_who_did_what_to_what_with_whose_token(
    anna: User, machine: Machine, token: Token
) -> None:
    began = timezone.now()
    line = AuditEvent.objects.get(pk=record(anna, machine, token).pk)
    assert began <= line.at <= timezone.now()
    assert (line.code, line.outcome) == ("power.answered", "failed")
    assert (line.person_id, line.person) == (anna.pk, "anna")
    assert (line.project, line.product, line.machine) == ("prj-1", "vm-1", "web-01")
    assert (line.token_id, line.token) == (token.pk, "Anna's key")
    assert (line.token_owner_id, line.token_owner) == (anna.pk, "anna")
    assert line.detail == {"command": "stop", "action": 7}
    assert str(line) == "power.answered failed by anna"


def test_what_the_panel_does_by_itself_names_nobody(machine: Machine) -> None:
    with transaction.atomic():
        line = audit.record(Code.CONSOLE_CLOSED, outcome="last_seen", machine=machine)
    assert (line.person_id, line.person, line.token_id, line.token, line.token_owner) == (
        None,
        "",
        None,
        "",
        "",
    )
    assert str(line) == "console.closed last_seen by the panel"


def test_a_line_outlives_all_that_it_names(anna: User, machine: Machine, token: Token) -> None:
    known = AuditEvent.objects.filter(pk=record(anna, machine, token).pk)
    before = known.values().get()
    anna.delete()
    machine.delete()
    assert not Token.objects.exists()
    assert known.values().get() == before
    assert not any(isinstance(field, models.ForeignKey) for field in AuditEvent._meta.fields)


@pytest.mark.django_db(transaction=True)
def test_a_line_outside_of_a_transaction_is_refused(anna: User, machine: Machine) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        audit.record(Code.POWER_REQUESTED, person=anna, machine=machine)
    assert not AuditEvent.objects.exists()


def test_what_was_not_done_leaves_no_line(anna: User, machine: Machine, token: Token) -> None:
    with transaction.atomic():
        record(anna, machine, token)
        transaction.set_rollback(True)
    assert not AuditEvent.objects.exists()


def test_each_kind_of_line_fits_its_column() -> None:
    longest = AuditEvent._meta.get_field("code").max_length
    assert longest is not None
    assert all(len(code) <= longest for code in Code)


def test_a_line_holds_only_details_of_its_kind(anna: User) -> None:
    with transaction.atomic(), pytest.raises(ValueError, match="add it to DETAILS"):
        audit.record(Code.SIGNED_IN, person=anna, password="hunter2")
    assert not AuditEvent.objects.exists()


def test_a_long_detail_is_cut(anna: User) -> None:
    with transaction.atomic():
        line = audit.record(Code.FACTOR_ADDED, person=anna, name="x" * 5000, method="totp")
    assert line.detail == {"name": "x" * 199 + "…", "method": "totp"}


def test_every_kind_of_line_has_its_list_of_details_each_with_words() -> None:
    assert list(DETAILS) == list(Code)
    named = {name for names in DETAILS.values() for name in names.split()}
    assert named - {"command", "action", "session", "tickets", "again"} <= set(audit_words.NOTES)


def test_the_readme_lists_every_kind_in_order() -> None:
    readme = (Path(__file__).parent.parent.parent / "README.md").read_text()
    section = readme.partition("### Audit lines")[2].partition("\n#")[0]
    rows = re.findall(r"^\| `([a-z._]+)` \| (.+?) \| (.*?) \|$", section, re.M)
    assert rows == [
        (code.value, audit_words.kind(code), ", ".join(DETAILS[code].split()) or "–") for code in Code
    ]


def test_what_the_panel_writes_down_is_listed() -> None:
    for path in (Path(__file__).parent.parent.parent / "vps").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("record"):
                continue
            name = ast.unparse(node.args[0]).rpartition("Code.")[2] if node.args else ""
            if name in Code.__members__:
                given = {keyword.arg for keyword in node.keywords if keyword.arg}
                listed = DETAILS[Code[name]].split()
                assert given <= {"outcome", "person", "machine", "token", "team", *listed}, (path, name)
