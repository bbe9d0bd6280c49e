"""A token's row holds the token sealed, and nothing else of it."""

import uuid

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from vps import crypto
from vps.models import Ability, Token, TokenProject

SECRET = "key_abcdefghijklmnop"


def stored(owner: User, name: str = "Mine", secret: str = SECRET) -> Token:
    token = Token(owner=owner, name=name)
    token.seal(secret)
    token.save()
    return token


def test_it_opens_after_it_was_stored(anna: User) -> None:
    token = Token.objects.get(pk=stored(anna).pk)
    assert crypto.unseal(token.sealed, token.bound_to) == SECRET


def test_it_is_bound_to_its_row_and_its_owner(anna: User) -> None:
    one, other = stored(anna, "One"), stored(anna, "Other", "key_of_the_other_row")
    one.sealed, other.sealed = other.sealed, one.sealed
    for token in (one, other):
        with pytest.raises(crypto.SealBroken, match="belongs to another row"):
            crypto.unseal(token.sealed, token.bound_to)


def test_it_does_not_open_under_another_owner(anna: User) -> None:
    token = stored(anna)
    token.owner_id += 1
    with pytest.raises(crypto.SealBroken):
        crypto.unseal(token.sealed, token.bound_to)


def test_it_does_not_open_under_another_id(anna: User) -> None:
    token = stored(anna)
    token.pk = uuid.uuid4()
    with pytest.raises(crypto.SealBroken):
        crypto.unseal(token.sealed, token.bound_to)


def test_its_words_hold_nothing_secret(anna: User) -> None:
    token = stored(anna)
    assert (str(token), SECRET in repr(token)) == ("Mine", False)


def test_a_person_has_one_token_of_a_name_and_another_person_may_have_it_too(anna: User) -> None:
    stored(anna)
    with pytest.raises(IntegrityError), transaction.atomic():
        stored(anna)
    stored(User.objects.create_user("ben"))
    assert Token.objects.filter(name="Mine").count() == 2


def test_a_token_has_one_row_for_each_project(anna: User) -> None:
    token = stored(anna)
    row = {"token": token, "project": "prj-1", "how": TokenProject.How.LISTED, "checked_at": timezone.now()}
    TokenProject.objects.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        TokenProject.objects.create(**row)


def test_a_token_has_one_row_for_each_ability(anna: User) -> None:
    row = {"token": stored(anna), "operation": "read", "allowed": True, "since": timezone.now()}
    Ability.objects.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ability.objects.create(**row)


def test_a_persons_tokens_go_with_the_person(anna: User) -> None:
    stored(anna)
    anna.delete()
    assert not Token.objects.exists()
