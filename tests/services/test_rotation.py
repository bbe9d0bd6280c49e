"""Stored tokens are sealed anew with the present key, and none is lost on the way."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.factor_rows import SEED, give_app, give_codes, give_passkey
from tests.rows import give_token
from vps import crypto
from vps.models import Token
from vps.services.factors import is_current, open_for
from vps.services.rotation import rotate_all


def opened() -> dict[str, str]:
    return {token.name: crypto.unseal(token.sealed, token.bound_to) for token in Token.objects.all()}


@pytest.fixture
def stored(anna: User) -> dict[str, str]:
    for number in range(5):
        give_token(anna, f"Token {number}", f"key_number_{number}")
    return opened()


def turn_the_key(settings: Settings) -> None:
    settings.TOKEN_KEYS = [crypto.make_key(), *settings.TOKEN_KEYS]


def test_every_token_is_sealed_with_the_present_key(stored: dict[str, str], settings: Settings) -> None:
    turn_the_key(settings)
    done = rotate_all()
    assert (done.rotated, done.current, done.broken) == (5, 0, [])
    assert {crypto.key_id(token.sealed) for token in Token.objects.all()} == {crypto.current_key_id()}
    settings.TOKEN_KEYS = settings.TOKEN_KEYS[:1]
    assert opened() == stored


def test_run_again_it_changes_nothing(stored: dict[str, str], settings: Settings) -> None:
    turn_the_key(settings)
    rotate_all()
    before = list(Token.objects.values_list("sealed", flat=True))
    done = rotate_all()
    assert (done.rotated, done.current) == (0, 5)
    assert [bytes(sealed) for sealed in Token.objects.values_list("sealed", flat=True)] == [
        bytes(sealed) for sealed in before
    ]


def test_one_that_does_not_open_is_named_and_left_and_stops_no_other(
    stored: dict[str, str], settings: Settings
) -> None:
    broken = Token.objects.get(name="Token 2")
    Token.objects.filter(pk=broken.pk).update(sealed=b"\x01 nonsense")
    turn_the_key(settings)
    done = rotate_all()
    assert done.rotated == 4
    assert [token_id for token_id, _why in done.broken] == [broken.pk]
    assert "too short" in done.broken[0][1]
    broken.refresh_from_db()
    assert bytes(broken.sealed) == b"\x01 nonsense"


def test_with_the_old_key_taken_away_too_early_nothing_is_lost(
    stored: dict[str, str], settings: Settings
) -> None:
    old = settings.TOKEN_KEYS
    settings.TOKEN_KEYS = [crypto.make_key()]
    assert len(rotate_all().broken) == 5
    settings.TOKEN_KEYS = [*settings.TOKEN_KEYS, *old]
    assert rotate_all().rotated == 5
    assert opened() == stored


def test_second_factors_are_sealed_anew_too(anna: User, settings: Settings) -> None:
    app, _codes, passkey = give_app(anna), give_codes(anna), give_passkey(anna)
    turn_the_key(settings)
    done = rotate_all()
    assert (done.rotated, done.current, done.broken) == (2, 0, [])
    app.refresh_from_db()
    assert is_current(app.data["secret"])
    assert open_for(anna.pk, app.data["secret"]) == SEED
    assert Authenticator.objects.get(pk=passkey.pk).data == passkey.data
    assert rotate_all().current == 2


def test_a_factor_that_does_not_open_is_named_and_left(anna: User, settings: Settings) -> None:
    app = give_app(anna)
    settings.TOKEN_KEYS = [crypto.make_key()]
    (broken,) = rotate_all().broken
    assert broken[0] == f"second factor {app.pk}"
    assert Authenticator.objects.get().data == app.data
