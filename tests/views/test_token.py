"""One token: rename, replace, check, forget, more projects, machines by hand."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.views.gate import refused_methods, sent_to_sign_in
from vps.models import Token
from vps.services import tokens
from vps.services.tokens import Secret
from vps.simulator.server import Simulator

ACTS = ["rename", "replace", "check", "forget", "projects", "machines"]


@pytest.fixture
def token(anna: User, add_token: Callable[..., Token]) -> Token:
    return add_token(anna, name="laptop")


def at(token: Token, act: str = "") -> str:
    return f"/tokens/{token.pk}/{act}/" if act else f"/tokens/{token.pk}/"


def pressed(client: Client, row: Token, act: str, /, **typed: str) -> str:
    return client.post(at(row, act), typed, follow=True).content.decode()


@pytest.mark.parametrize("act", ACTS)
def test_who_is_not_signed_in_goes_to_the_sign_in_page(anonymous: Client, token: Token, act: str) -> None:
    assert sent_to_sign_in(anonymous, at(token))
    assert sent_to_sign_in(anonymous, at(token, act), "post")


@pytest.mark.parametrize("act", ACTS)
def test_a_stranger_does_not_know_of_it(stranger: Client, token: Token, act: str) -> None:
    good = {"name": "stolen", "token": "key_0123456789", "project-project": "lab", "machine-project": "lab"}
    assert stranger.get(at(token)).status_code == 404
    assert stranger.post(at(token, act), good).status_code == 404
    assert Token.objects.get().name == "laptop"


@pytest.mark.parametrize("act", ["rename", "replace", "check", "projects", "machines"])
def test_state_never_changes_by_reading(signed_in: Client, token: Token, act: str) -> None:
    assert refused_methods(signed_in, at(token, act), "get", "head", "put", "delete", "patch")
    assert refused_methods(signed_in, at(token), "post", "put", "delete", "patch")


def test_an_unknown_token_is_not_found(signed_in: Client) -> None:
    assert signed_in.get(f"/tokens/{uuid4()}/").status_code == 404
    assert signed_in.get("/tokens/1/").status_code == 404


def test_the_page_tells_what_it_may_do_and_never_the_token(
    signed_in: Client, token: Token, simulator: Simulator
) -> None:
    answer = signed_in.get(at(token))
    page = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert page.count("Not tried") == 2
    assert "Allowed" in page
    for project in simulator.projects:
        assert project in page
    assert simulator.tokens[0].token not in page


def test_rename(signed_in: Client, token: Token) -> None:
    assert "It is called “work” now." in pressed(signed_in, token, "rename", name="work")
    assert "Give it a name." in pressed(signed_in, token, "rename", name=" ")
    assert Token.objects.get().name == "work"


def test_a_second_token_cannot_have_the_name(
    signed_in: Client, anna: User, token: Token, add_token: Callable[..., Token]
) -> None:
    other = add_token(anna, name="other")
    assert "You have a token of that name already." in pressed(signed_in, other, "rename", name="laptop")


def test_replace(signed_in: Client, token: Token, simulator: Simulator) -> None:
    before = bytes(token.sealed)
    assert "The token is replaced." in pressed(signed_in, token, "replace", token=simulator.tokens[1].token)
    assert bytes(Token.objects.get().sealed) != before


def test_a_replacement_that_the_provider_refuses_changes_nothing(signed_in: Client, token: Token) -> None:
    page = pressed(signed_in, token, "replace", token="key_that_nobody_made")
    assert "Nothing was saved." in page
    assert "key_that_nobody_made" not in page
    assert bytes(Token.objects.get().sealed) == bytes(token.sealed)


def test_a_replacement_that_is_no_token_is_not_even_tried(
    signed_in: Client, token: Token, simulator: Simulator
) -> None:
    assert "this one has 5" in pressed(signed_in, token, "replace", token="short")


def test_check_now(signed_in: Client, token: Token, simulator: Simulator) -> None:
    page = pressed(signed_in, token, "check")
    for project in simulator.projects:
        assert f"{project}: " in page


def test_a_project_is_tried_before_it_is_kept(signed_in: Client, token: Token) -> None:
    page = pressed(signed_in, token, "projects", **{"project-project": "not-there"})
    assert "Nothing was saved." in page
    assert 'value="not-there"' in page
    assert not token.projects.filter(project="not-there").exists()


def test_a_project_id_is_checked(signed_in: Client, token: Token) -> None:
    page = pressed(signed_in, token, "projects", **{"project-project": "shop prod 2"})
    assert "“shop prod 2” is no project id: it holds spaces." in page


def test_a_machine_by_hand(
    signed_in: Client, anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    secret = next(one.token for one in simulator.tokens if not one.listing)
    project, products = next(iter(simulator.projects.items()))
    first = [(project, products[0])]
    tokens.add_token(anna, name="hand", secret=Secret(secret), projects=[project], hands=first)
    token = Token.objects.get(name="hand")
    typed = {"machine-project": project, "machine-machine": products[1]}
    assert "found." in pressed(signed_in, token, "machines", **typed)
    assert token.accesses.count() == 2


def test_forget_asks_first(signed_in: Client, token: Token, simulator: Simulator) -> None:
    question = signed_in.get(at(token, "forget")).content.decode()
    assert "Forget the token “laptop”?" in question
    assert "It shows 8 machines" in question
    assert Token.objects.exists()
    assert "“laptop” is forgotten." in pressed(signed_in, token, "forget")
    assert not Token.objects.exists()
