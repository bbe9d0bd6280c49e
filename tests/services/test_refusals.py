"""What the provider refuses to a token, and allows again: with the date, and told to the open boards."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.rows import give_access, give_machine, give_token
from vps.models import Ability, Access, Status, Token
from vps.services import refusals
from vps.services.token_rows import get_token

NOW = timezone.now()
LATER = NOW + timedelta(minutes=1)
READ = Ability.Operation.READ


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


def refuse(token: Token, at: datetime = NOW, said: str = "No.") -> None:
    refusals.refuse_token(token.pk, bytes(token.sealed), at, said)


def may_read(token: Token) -> bool:
    return Ability.objects.get(token=token, operation=READ).allowed


def test_a_refused_token_says_since_when_and_what_was_said(anna: User, token: Token) -> None:
    refuse(token)
    row = get_token(anna, token.pk)
    assert (row.refused_at, row.said, row.word) == (NOW, "No.", "Refused")
    assert not may_read(token)


def test_refused_again_it_keeps_its_date(anna: User, token: Token) -> None:
    refuse(token)
    refuse(token, LATER, "Still no.")
    assert get_token(anna, token.pk).refused_at == NOW


def test_what_is_refused_after_a_replacement_says_nothing_of_the_new_token(anna: User, token: Token) -> None:
    old = bytes(token.sealed)
    token.seal("key_of_the_replacement")
    token.save()
    refusals.refuse_token(token.pk, old, NOW, "No.")
    assert get_token(anna, token.pk).refused_at is None
    assert not Ability.objects.exists()


def test_an_accepted_token_is_good_from_then_on(anna: User, token: Token) -> None:
    refuse(token)
    refusals.accept_token(token.pk, LATER)
    row = get_token(anna, token.pk)
    assert (row.refused_at, row.said, row.sentence) == (None, "", "")
    assert (row.abilities[0].state, row.abilities[0].since) == ("allowed", LATER)


def test_its_cards_change_with_each_turn_and_no_others(anna: User, token: Token) -> None:
    mine, other = give_machine(token), give_machine()

    def revisions() -> tuple[int, int]:
        rows = Status.objects.in_bulk([mine.pk, other.pk])
        return rows[mine.pk].revision, rows[other.pk].revision

    seen = [revisions()]
    refuse(token)
    seen.append(revisions())
    refuse(token, LATER)
    assert revisions() == seen[-1], "nothing new was said"
    refusals.accept_token(token.pk, LATER)
    seen.append(revisions())
    mine_each, other_each = zip(*seen, strict=True)
    assert mine_each[0] < mine_each[1] < mine_each[2]
    assert set(other_each) == {0}


def test_one_refused_machine_leaves_the_others_readable(token: Token) -> None:
    refusals.note_ability(token.pk, READ, True, NOW)
    for machine in (give_machine(), give_machine()):
        give_access(token, machine)
    refusals.refuse_access(Access.objects.earliest("pk").pk, LATER, "Not this one.")
    assert list(Access.objects.order_by("pk").values_list("refused_at", "said")) == [
        (LATER, "Not this one."),
        (None, ""),
    ]
    assert may_read(token)


def test_a_token_that_reads_none_of_its_machines_may_not_read(token: Token) -> None:
    refusals.note_ability(token.pk, READ, True, NOW)
    give_machine(token)
    refusals.refuse_access(Access.objects.get().pk, LATER, "No permission.")
    ability = Ability.objects.get()
    assert (ability.allowed, ability.since, ability.said) == (False, LATER, "No permission.")


def test_a_listing_does_not_prove_that_it_may_read(token: Token) -> None:
    give_machine(token)
    refusals.refuse_access(Access.objects.get().pk, NOW, "No permission.")
    refusals.accept_token(token.pk, LATER)
    assert not may_read(token)


def test_a_status_that_is_answered_proves_it(token: Token) -> None:
    give_machine(token)
    access = Access.objects.get()
    refusals.refuse_access(access.pk, NOW, "No permission.")
    refusals.accept(token.pk, access.pk, LATER)
    access.refresh_from_db()
    assert (access.refused_at, access.said, may_read(token)) == (None, "", True)


def test_a_forgotten_token_is_neither_refused_nor_accepted(token: Token) -> None:
    give_machine(token)
    access, token_id = Access.objects.get().pk, token.pk
    token.delete()
    refusals.refuse_token(token_id, b"", NOW, "No.")
    refusals.accept_token(token_id, NOW)
    refusals.refuse_access(access, NOW, "No.")
    refusals.accept(uuid4(), access, NOW)
    assert not Ability.objects.exists()


def test_when_it_was_last_used_is_noted(anna: User, token: Token) -> None:
    refusals.use_token(token.pk, NOW)
    assert get_token(anna, token.pk).last_used_at == NOW
