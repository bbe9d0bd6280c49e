"""My tokens: the list, and adding one at a provider that answers."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.rows import give_token
from tests.views.gate import refused_methods, sent_to_sign_in
from vps.models import Token
from vps.simulator.server import Simulator

Add = Callable[..., Any]


@pytest.fixture
def add(signed_in: Client, simulator: Simulator) -> Add:
    """Fills the form in and presses Add token; follows to the page that shows the outcome."""

    def press(**typed: str) -> Any:
        good = {
            "name": "laptop",
            "token": simulator.tokens[0].token,
            "projects": ", ".join(simulator.projects),
        }
        return signed_in.post("/tokens/add/", good | typed, follow=True)

    return press


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize(("address", "method"), [("/tokens/", "get"), ("/tokens/add/", "post")])
def test_who_is_not_signed_in_goes_to_the_sign_in_page(
    anonymous: Client, db: None, address: str, method: str
) -> None:
    assert sent_to_sign_in(anonymous, address, method)


def test_methods(signed_in: Client) -> None:
    assert refused_methods(signed_in, "/tokens/", "post", "put", "delete", "patch")
    assert refused_methods(signed_in, "/tokens/add/", "get", "head", "put", "delete", "patch")


def test_adding_needs_the_pages_own_form(anna: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    assert client.post("/tokens/add/", {"name": "x"}).status_code == 403


def test_one_sees_ones_own_tokens_only(signed_in: Client, anna: User, ben: User) -> None:
    give_token(anna, name="mine")
    give_token(ben, name="not mine")
    answer = signed_in.get("/tokens/")
    assert "no-store" in answer["Cache-Control"]
    assert ">mine</a>" in text(answer)
    assert "not mine" not in text(answer)


def test_a_good_token_is_saved_and_its_page_says_what_was_found(add: Add, simulator: Simulator) -> None:
    answer = add()
    token = Token.objects.get()
    assert answer.redirect_chain == [(f"/tokens/{token.pk}/", 303)]
    assert "“laptop” is saved." in text(answer)
    for project, products in simulator.projects.items():
        assert re.search(rf"{project}: {len(products)} machines? found\.", text(answer))


def test_what_was_typed_is_kept_but_never_the_token(add: Add, simulator: Simulator) -> None:
    answer = add(name="laptop <1>", projects="shop-prod, shop prod 2")
    assert "“shop prod 2” is no project id: it holds spaces." in text(answer)
    assert 'value="laptop &lt;1&gt;"' in text(answer)
    assert 'value="shop-prod, shop prod 2"' in text(answer)
    assert simulator.tokens[0].token not in text(answer)
    assert not Token.objects.exists()


def test_a_token_that_the_provider_refuses_is_not_saved_and_its_words_are_shown(add: Add) -> None:
    answer = add(token="key_that_nobody_made")
    assert "Nothing was saved." in text(answer)
    assert "The provider refuses this token (401)" in text(answer)
    assert "key_that_nobody_made" not in text(answer)
    assert not Token.objects.exists()


def test_a_provider_that_is_away_is_said(add: Add, settings: object) -> None:
    settings.VPS_API_URL = "http://127.0.0.1:9/v1"  # type: ignore[attr-defined]
    answer = add()
    assert "The provider could not be reached" in text(answer)
    assert not Token.objects.exists()


def test_where_the_listing_is_refused_one_machine_is_asked_for(add: Add, simulator: Simulator) -> None:
    by_hand = next(token.token for token in simulator.tokens if not token.listing)
    project, products = next(iter(simulator.projects.items()))
    asked = add(token=by_hand, projects=project)
    assert "Name one machine id" in text(asked)
    assert "<details open>" in text(asked)
    answer = add(token=by_hand, projects=project, machines=products[0])
    assert f"{project}: 1 machine found." in text(answer)
    assert Token.objects.get().accesses.count() == 1


def test_a_name_is_taken_once(add: Add, anna: User) -> None:
    give_token(anna, name="laptop")
    answer = add()
    assert "You have a token of that name already." in text(answer)
    assert Token.objects.count() == 1
