"""A seal that does not open is a state of the token, and never an error of the page."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.services.conftest import AddToken
from vps import crypto
from vps.models import Token
from vps.provider.secret import Secret
from vps.services import tokens
from vps.simulator.server import Simulator

NOW = datetime.now(UTC)


def test_a_seal_that_does_not_open_is_a_state_of_the_token(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    one, other = add_token(anna, "One"), add_token(anna, "Other")
    Token.objects.filter(pk=one.pk).update(sealed=other.sealed)
    outcome = tokens.check_token(anna, one.pk)
    assert not outcome.saved
    assert "The stored token cannot be opened" in outcome.trials[0].sentence
    assert "It said" not in outcome.trials[0].sentence, "the provider said nothing"
    row = tokens.get_token(anna, one.pk)
    assert (row.tone, row.word) == ("bad", "Refused")
    assert "belongs to another row" in row.sentence
    assert tokens.get_token(anna, other.pk).word == "Good"


@pytest.mark.parametrize("damage", ["", "01", "ff" * 60, "01deadbeef" + "00" * 40])
def test_no_damage_to_a_seal_is_an_exception_to_the_page(
    anna: User, simulator: Simulator, add_token: AddToken, damage: str
) -> None:
    token = add_token(anna)
    Token.objects.filter(pk=token.pk).update(sealed=bytes.fromhex(damage))
    asked = simulator.calls.count()
    assert not tokens.check_token(anna, token.pk).saved
    assert simulator.calls.count() == asked
    assert "A stored token" in tokens.get_token(anna, token.pk).sentence
    assert tokens.replace_token(anna, token.pk, Secret(simulator.tokens[0].token)).saved
    assert tokens.get_token(anna, token.pk).word == "Good"


def test_with_the_keys_lost_and_found_the_tokens_are_good_again(
    anna: User, add_token: AddToken, settings: Settings
) -> None:
    token, keys = add_token(anna), settings.TOKEN_KEYS
    settings.TOKEN_KEYS = [crypto.make_key()]
    tokens.check_token(anna, token.pk)
    assert "not among TOKEN_KEYS" in tokens.get_token(anna, token.pk).sentence
    settings.TOKEN_KEYS = keys
    tokens.check_token(anna, token.pk)
    assert tokens.get_token(anna, token.pk).word == "Good"
