"""Every kind of audit line has its words."""

import pytest
from django.contrib.auth.models import User

from tests.audit_kit import write
from vps.models import AuditEvent, Code
from vps.services import audit_words


def test_every_code_has_words_and_a_group() -> None:
    assert set(audit_words.KINDS) == set(Code)
    assert {code.group for code in Code} == set(audit_words.GROUPS)


def test_every_outcome_belongs_to_kinds_of_line() -> None:
    longest = AuditEvent._meta.get_field("outcome").max_length
    assert longest
    for outcome, (word, tone, codes) in audit_words.OUTCOMES.items():
        assert len(outcome) <= longest
        assert str(word)
        assert tone in ("ok", "bad", "late", "off")
        assert codes <= set(Code)


@pytest.mark.parametrize(
    ("code", "detail", "told"),
    [
        ("power.requested", {"command": "kill"}, "Pressed Force stop"),
        ("power.requested", {}, "Pressed a power button"),
        ("power.requested", {"command": "%s %(x)s"}, "Pressed a power button"),
        ("team.created", {}, "Created a team"),
        ("from.a.later.version", {}, "from.a.later.version"),
    ],
)
def test_what_was_done(code: str, detail: dict[str, str], told: str) -> None:
    assert audit_words.what(AuditEvent(code=code, detail=detail)) == told


def test_notes_are_told_in_words_and_ids_are_not() -> None:
    line = AuditEvent(
        detail={"reason": "rate_limited", "session": "abc", "action": 5, "keeper": "", "letters": 0}
    )
    assert list(audit_words.notes(line)) == ["reason: rate limited", "letters: 0"]


def test_a_name_that_looks_like_a_format_is_told_as_it_is() -> None:
    assert list(audit_words.notes(AuditEvent(detail={"name": "100%s %(x)d"}))) == ["name: 100%s %(x)d"]


@pytest.mark.django_db
def test_who_it_was(anna: User) -> None:
    assert audit_words.who(write(Code.SIGNED_IN, person=anna)) == "anna"
    assert audit_words.who(write(Code.SIGNIN_FAILED, outcome="failed")) == "Somebody"
    assert audit_words.who(write(Code.CONSOLE_CLOSED, outcome="last_seen")) == "The panel"


def test_an_outcome_of_a_later_version_is_told_as_it_is() -> None:
    assert audit_words.outcome(AuditEvent(outcome="maybe")) == ("maybe", "off")
    assert audit_words.outcome(AuditEvent()) == ("", "")
    assert audit_words.outcome(AuditEvent(outcome="failed")) == ("Failed", "bad")
