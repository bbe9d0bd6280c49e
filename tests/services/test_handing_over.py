"""Refusals: another token takes over, and each token is proved by itself."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.rows import give_access, give_machine, give_token
from tests.services.collector_kit import NOON, listen, seconds, status_of
from vps import access
from vps.models import Access, Sample, Status, Token
from vps.provider.errors import NotAllowed, NotFound, TokenRefused

pytestmark = pytest.mark.django_db
P = Status.Problem


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


def test_a_refused_token_hands_its_machines_to_another_at_once(token: Token, bens: Token) -> None:
    machine = give_machine(token)
    give_access(bens, machine)
    heard = listen()
    (target,) = heard.ask()
    assert not heard.hear(target, TokenRefused("", said="expired"))
    (again,) = heard.ask()
    assert again.asked is not None
    assert again.asked.grant.token_id == bens.pk
    assert heard.hear(again)
    heard.ears.write()
    assert status_of(machine).problem == ""
    token.refresh_from_db()
    assert (token.said, token.refused_at) == ("expired", NOON)
    bens.refresh_from_db()
    assert bens.refused_at is None


@pytest.mark.parametrize("error", [NotAllowed("", said="no"), NotFound("", said="no")])
def test_a_machine_that_one_token_may_not_read_is_read_by_another(
    token: Token, bens: Token, error: NotAllowed | NotFound
) -> None:
    machine = give_machine(token)
    give_access(bens, machine)
    heard = listen()
    (target,) = heard.ask()
    assert not heard.hear(target, error)
    assert heard.hear(heard.ask()[0])
    heard.ears.write()
    assert status_of(machine).problem == ""
    assert machine.accesses.get(token=token).refused_at == NOON
    assert machine.accesses.get(token=token).said == "no"
    assert machine.accesses.get(token=bens).refused_at is None


def test_a_machine_that_no_token_finds_is_gone_and_still_asked_for(token: Token, bens: Token) -> None:
    machine = give_machine(token)
    give_access(bens, machine)
    heard = listen()
    assert not heard.hear(heard.ask()[0], NotFound())
    (again,) = heard.ask()
    assert heard.hear(again, NotFound())
    heard.ears.write()
    assert status_of(machine).problem == P.GONE
    assert machine.accesses.get(token=bens).refused_at is None
    assert again.due <= heard.now + 10


def test_with_all_tokens_refused_the_card_says_so_and_they_are_tried_in_five_minutes(token: Token) -> None:
    machine = give_machine(token)
    heard = listen()
    (target,) = heard.ask()
    assert heard.hear(target, TokenRefused("", said="revoked"))
    heard.ears.write()
    row = status_of(machine)
    assert (row.problem, row.said, row.interval) == (P.REFUSED, "revoked", 300.0)
    assert heard.ask() == []
    heard.wait(301)
    assert len(heard.ask()) == 1


def test_a_refused_token_that_answers_again_is_good_again(token: Token) -> None:
    machine = give_machine(token, problem=P.REFUSED)
    Token.objects.filter(pk=token.pk).update(refused_at=NOON, said="revoked")
    Access.objects.update(refused_at=NOON, said="no")
    heard = listen()
    heard.hear(heard.ask()[0], at=NOON + seconds(300))
    heard.ears.write()
    token.refresh_from_db()
    assert (token.refused_at, token.said) == (None, "")
    assert machine.accesses.get().refused_at is None
    assert status_of(machine).problem == ""


def test_a_late_answer_to_a_replaced_token_does_not_refuse_the_new_one(token: Token) -> None:
    machine = give_machine(token)
    heard = listen()
    (target,) = heard.ask()
    token.seal("key_another-one-altogether")
    token.save(update_fields=["sealed"])
    Access.objects.all().delete()
    give_access(token, machine)
    heard.schedule.plan(access.machine_readers(), heard.now)
    assert not heard.hear(target, TokenRefused("", said="the old one is revoked"))
    token.refresh_from_db()
    assert token.refused_at is None
    assert not heard.ask()[0].reader.refused


def test_a_proof_of_a_second_token_writes_no_status(token: Token, bens: Token) -> None:
    machine = give_machine(token)
    give_access(bens, machine, how=Access.How.HAND)
    heard = listen()
    heard.wait(301)
    proof = next(target for target in heard.ask() if target.access_id)
    heard.hear(proof, NotAllowed("", said="no more"))
    heard.ears.write()
    assert machine.accesses.get(token=bens).said == "no more"
    assert machine.accesses.get(token=token).refused_at is None
    assert not Sample.objects.exists()


@pytest.mark.parametrize("error", [TokenRefused(), NotAllowed(), NotFound()])
def test_a_proof_that_fails_takes_the_access_away(token: Token, bens: Token, error: Any) -> None:
    machine = give_machine(token)
    give_access(bens, machine, how=Access.How.HAND)
    heard = listen()
    heard.wait(301)
    heard.hear(next(target for target in heard.ask() if target.access_id), error)
    refused = {reader.grant.token_id: reader.refused for reader in access.machine_readers()}
    assert refused == {token.pk: False, bens.pk: True}
