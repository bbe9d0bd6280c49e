"""`manage.py rotate_token_keys` may be killed at any moment, and run again."""

import random
import signal
import threading

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.processes import manage
from tests.prove import FULL
from tests.rows import give_token
from vps import crypto
from vps.models import Token

MANY = 800
KILLS = 20 if FULL else 3


def turn_the_key(settings: Settings) -> None:
    settings.TOKEN_KEYS = [crypto.make_key(), *settings.TOKEN_KEYS]


def sealed_anew() -> int:
    now = crypto.current_key_id()
    return sum(crypto.key_id(sealed) == now for sealed in Token.objects.values_list("sealed", flat=True))


def kill_in_the_middle(after: int) -> int:
    """Kills the process as soon as that many tokens are sealed anew; gives how many were, and were not."""
    process, pause = manage("rotate_token_keys"), threading.Event()
    while sealed_anew() < after:
        assert process.poll() is None, process.communicate()
        pause.wait(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "it was done before it could be killed"
    return sealed_anew()


@pytest.mark.django_db(transaction=True)
def test_killed_many_times_in_the_middle_it_loses_nothing(anna: User, settings: Settings) -> None:
    secrets = {give_token(anna, f"Token {n}", f"key_number_{n}").pk: f"key_number_{n}" for n in range(MANY)}
    chance = random.Random(20)
    for _kill in range(KILLS):
        turn_the_key(settings)
        assert 0 < kill_in_the_middle(after=chance.randint(1, MANY // 2)) < MANY
    process = manage("rotate_token_keys")
    told, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, "")
    assert told.endswith("were already.\n")
    settings.TOKEN_KEYS = settings.TOKEN_KEYS[:1]  # every older key may go now
    opened = {token.pk: crypto.unseal(token.sealed, token.bound_to) for token in Token.objects.all()}
    assert opened == secrets


def test_it_says_what_it_did(anna: User, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    give_token(anna)
    turn_the_key(settings)
    give_token(anna)
    call_command("rotate_token_keys")
    assert capsys.readouterr().out == "1 sealed anew, 1 were already.\n"


def test_it_fails_and_names_what_does_not_open_and_says_no_secret(anna: User, settings: Settings) -> None:
    good = give_token(anna, secret="key_of_the_good_one")
    bad = give_token(anna)
    Token.objects.filter(pk=bad.pk).update(sealed=bytes(good.sealed))
    turn_the_key(settings)
    with pytest.raises(CommandError, match=f"1 could not be opened .* {bad.pk}: A stored token was") as told:
        call_command("rotate_token_keys")
    assert "key_of_the_good_one" not in str(told.value)
    assert sealed_anew() == 1
