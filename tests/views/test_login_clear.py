"""Clearing a machine's default login: a question, then one POST at the provider."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.services.conftest import AddToken
from tests.views.gate import refused_methods, sent_to_sign_in
from vps.models import Machine, Token
from vps.simulator.server import Simulator


@pytest.fixture
def machine(anna: User, add_token: AddToken, simulator: Simulator) -> Machine:
    add_token(anna, "laptop")
    found = Machine.objects.order_by("pk")[0]
    simulator.set(found.product, login_for=3600)
    Machine.objects.filter(pk=found.pk).update(login="held", login_at=timezone.now())
    return found


@pytest.fixture
def clear(machine: Machine) -> str:
    return f"/machines/{machine.project}/{machine.product}/login/clear/"


def sent(simulator: Simulator) -> int:
    return simulator.calls.count("defaultlogin", method="POST")


def mark(client: Client, clear: str) -> dict[str, str]:
    """What the question's form sends."""
    found = re.search(r'name="seen" value="([^"]*)"', client.get(clear).content.decode())
    assert found is not None
    return {"seen": found[1]}


def told(client: Client, clear: str) -> str:
    return client.get(clear.removesuffix("clear/")).content.decode()


def test_who_is_not_signed_in_goes_to_the_sign_in_page(anonymous: Client, clear: str) -> None:
    assert sent_to_sign_in(anonymous, clear)
    assert sent_to_sign_in(anonymous, clear, "post")


def test_a_stranger_does_not_know_of_it(stranger: Client, clear: str, simulator: Simulator) -> None:
    assert stranger.get(clear).status_code == 404
    assert stranger.post(clear).status_code == 404
    assert sent(simulator) == 0


def test_methods(signed_in: Client, clear: str) -> None:
    assert refused_methods(signed_in, clear, "put", "delete", "patch")


def test_it_needs_the_pages_own_form(anna: User, clear: str, simulator: Simulator) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    assert client.post(clear).status_code == 403
    assert sent(simulator) == 0


def test_it_asks_first_and_says_that_it_cannot_be_undone(
    signed_in: Client, clear: str, machine: Machine, simulator: Simulator
) -> None:
    answer = signed_in.get(clear)
    question = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert f"Clear the default login of “{machine.name}”?" in question
    assert "That cannot be undone." in question
    assert "The provider still told it at" in question
    assert sent(simulator) == 0


def test_for_a_dialog_there_is_the_question_alone(signed_in: Client, clear: str) -> None:
    question = signed_in.get(clear, headers={"HX-Request": "true"}).content.decode()
    assert question.strip().startswith('<form class="panel once" id="ask"')
    assert "<html" not in question


def test_clear_clears(signed_in: Client, clear: str, machine: Machine, simulator: Simulator) -> None:
    answer = signed_in.post(clear, mark(signed_in, clear))
    assert (answer.status_code, answer["Location"]) == (303, clear.removesuffix("clear/"))
    page = told(signed_in, clear)
    assert f"The default login of “{machine.name}” is cleared." in page
    assert "No longer available since" in page
    assert sent(simulator) == 1
    assert "Clear</button>" not in signed_in.get(clear).content.decode()


def test_the_same_form_twice_is_sent_once(signed_in: Client, clear: str, simulator: Simulator) -> None:
    form = mark(signed_in, clear)
    signed_in.post(clear, form)
    signed_in.post(clear, form)
    assert "Nothing was sent: what is known of it changed meanwhile." in told(signed_in, clear)
    assert sent(simulator) == 1


def test_nobody_knows_is_said(signed_in: Client, clear: str, simulator: Simulator) -> None:
    simulator.fault("reset", kind="defaultlogin")
    signed_in.post(clear, mark(signed_in, clear))
    page = told(signed_in, clear)
    assert "Nobody knows whether it was cleared" in page
    assert "Clear was pressed at" in page
    assert sent(simulator) == 1


def test_a_refused_token_is_403_in_words(signed_in: Client, clear: str, simulator: Simulator) -> None:
    Token.objects.update(refused_at=timezone.now())
    answer = signed_in.post(clear, mark(signed_in, clear))
    assert answer.status_code == 403
    assert "No token of yours reads this machine now." in answer.content.decode()
    assert "Clear</button>" not in signed_in.get(clear).content.decode()
    assert sent(simulator) == 0
