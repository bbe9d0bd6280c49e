"""A new token takes an old one's place, and proves anew what the old one proved."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import Http404
from pytest_django import Settings

from tests.services.conftest import AddToken
from tests.services.token_kit import add, by_hand, on_board, products, wait_for
from vps import crypto
from vps.models import Ability, Access, Token
from vps.provider.secret import Secret
from vps.services import rotation, tokens
from vps.simulator.server import Simulator

NOW = datetime.now(UTC)


def test_a_replaced_token_keeps_its_projects_and_proves_anew(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    old = set(Access.objects.values_list("pk", flat=True))
    outcome = tokens.replace_token(anna, token.pk, Secret(simulator.mint(expires_in=600).token))
    assert outcome.saved
    row = tokens.get_token(anna, token.pk)
    assert {known.project for known in row.projects} == set(simulator.projects)
    assert on_board(anna) == products(simulator, *simulator.projects)
    assert not old & set(Access.objects.values_list("pk", flat=True))
    assert row.expires_at is not None


def test_what_the_old_token_proved_and_the_new_one_does_not_is_lost(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    kept, *lost = simulator.projects
    assert tokens.replace_token(anna, token.pk, Secret(simulator.mint([kept]).token)).saved
    assert on_board(anna) == products(simulator, kept)
    assert {row.project for row in tokens.get_token(anna, token.pk).projects} == {kept, *lost}


def test_the_abilities_of_the_old_token_are_not_the_new_ones(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    Ability.objects.create(token=token, operation="power", allowed=True, since=NOW)
    tokens.replace_token(anna, token.pk, Secret(simulator.tokens[1].token))
    states = [ability.state for ability in tokens.get_token(anna, token.pk).abilities]
    assert states == ["allowed", "untried", "untried"]


def test_a_refused_replacement_changes_nothing(anna: User, simulator: Simulator, add_token: AddToken) -> None:
    token = add_token(anna)
    before = (token.sealed, list(Access.objects.values()), list(Ability.objects.values()))
    outcome = tokens.replace_token(anna, token.pk, Secret("key_that_nobody_minted"))
    assert not outcome.saved
    assert "refuses this token (401)" in outcome.trials[0].sentence
    token.refresh_from_db()
    assert (token.sealed, list(Access.objects.values()), list(Ability.objects.values())) == before
    assert token.refused_at is None


def test_a_token_that_was_refused_is_good_again_once_replaced(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    simulator.revoke(simulator.tokens[0].token)
    tokens.check_token(anna, token.pk)
    assert tokens.get_token(anna, token.pk).word == "Refused"
    tokens.replace_token(anna, token.pk, Secret(simulator.tokens[0].token))
    assert tokens.get_token(anna, token.pk).word == "Good"


def test_a_machine_named_by_hand_is_read_anew_by_the_new_token(anna: User, simulator: Simulator) -> None:
    project, (product, *_rest) = next(iter(simulator.projects.items()))
    outcome = add(anna, by_hand(simulator), [project], (project, product))
    assert outcome.token_id
    new = simulator.mint([project], listing=False).token
    assert tokens.replace_token(anna, outcome.token_id, Secret(new)).saved
    assert on_board(anna) == {product}


@pytest.mark.django_db(transaction=True)
def test_forgotten_while_its_replacement_is_tried_it_stays_forgotten(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    simulator.fault("latency", seconds=0.5)

    def replace() -> str:
        try:
            return str(tokens.replace_token(anna, token.pk, Secret(simulator.tokens[1].token)).saved)
        except Http404:
            return "404"
        finally:
            connection.close()

    asked = simulator.calls.count()
    with ThreadPoolExecutor(1) as pool:
        replaced = pool.submit(replace)
        wait_for(lambda: simulator.calls.count() > asked)
        tokens.forget_token(anna, token.pk)
    assert replaced.result() == "404"
    assert not Token.objects.exists()
    assert on_board(anna) == set()


@pytest.mark.django_db(transaction=True)
def test_replaced_while_the_old_one_is_checked_it_has_only_its_own_proofs(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    kept = next(iter(simulator.projects))
    simulator.fault("latency", seconds=0.8, token=simulator.tokens[0].token)

    def check() -> None:
        try:
            tokens.check_token(anna, token.pk)
        finally:
            connection.close()

    asked = simulator.calls.count()
    with ThreadPoolExecutor(1) as pool:
        checked = pool.submit(check)
        wait_for(lambda: simulator.calls.count() > asked)
        tokens.replace_token(anna, token.pk, Secret(simulator.mint([kept]).token))
    checked.result()
    assert on_board(anna) == products(simulator, kept)


@pytest.mark.django_db(transaction=True)
def test_replaced_while_the_keys_are_rotated_the_new_token_stays(
    anna: User, simulator: Simulator, add_token: AddToken, settings: Settings
) -> None:
    stored = add_token(anna)
    settings.TOKEN_KEYS = [crypto.make_key(), *settings.TOKEN_KEYS]
    new, stop = simulator.tokens[1].token, threading.Event()

    def rotate() -> None:
        try:
            while not stop.is_set():
                rotation.rotate_all()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        rotating = pool.submit(rotate)
        for secret in [simulator.tokens[0].token, new] * 5:
            settings.TOKEN_KEYS = [crypto.make_key(), *settings.TOKEN_KEYS]
            assert tokens.replace_token(anna, stored.pk, Secret(secret)).saved
        stop.set()
    rotating.result()
    token = Token.objects.get()
    assert crypto.unseal(token.sealed, token.bound_to) == new
