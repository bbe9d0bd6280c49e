"""The addresses of the power buttons: who may press them, and what they ask."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.provider.fault_server import FaultServer
from tests.views.gate import refused_methods, sent_to_sign_in
from tests.views.power_kit import ADDRESSES, FORCE, HTMX, START, nonce_of, press, provider, token, web, words
from vps.models import Machine, PowerAction, Status, Token

__all__ = ["provider", "token", "web"]


# Who may ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_is_not_signed_in_goes_to_the_sign_in_page(anonymous: Client, web: Machine, address: str) -> None:
    assert sent_to_sign_in(anonymous, address)
    assert sent_to_sign_in(anonymous, address, "post")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_stranger_does_not_know_of_it(stranger: Client, web: Machine, address: str) -> None:
    assert stranger.get(address).status_code == 404
    assert press(stranger, address).status_code == 404
    assert not PowerAction.objects.exists()


@pytest.mark.parametrize("address", ADDRESSES)
def test_methods(signed_in: Client, web: Machine, address: str) -> None:
    assert refused_methods(signed_in, address, "put", "delete", "patch")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_press_without_the_csrf_token_is_refused(anna: User, web: Machine, address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    assert press(client, address).status_code == 403
    assert not PowerAction.objects.exists()


@pytest.mark.parametrize("address", ADDRESSES)
def test_whose_token_is_refused_is_told_so(
    signed_in: Client, web: Machine, token: Token, address: str
) -> None:
    Token.objects.update(refused_at=timezone.now())
    for answer in (signed_in.get(address), press(signed_in, address)):
        assert answer.status_code == 403
        assert "No token of yours reads this machine now." in words(answer)
    fragment = signed_in.get(address, **HTMX)
    assert (fragment.status_code, fragment["Content-Type"]) == (403, "text/plain; charset=utf-8")
    assert not PowerAction.objects.exists()


# The question ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ADDRESSES)
def test_to_look_at_the_question_does_nothing(signed_in: Client, web: Machine, address: str) -> None:
    page, fragment = signed_in.get(address), signed_in.get(address, **HTMX)
    for answer in (page, fragment):
        assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)
        assert "web-01" in answer.content.decode()
        assert 'id="ask"' in answer.content.decode()
    assert "<main" in page.content.decode()
    assert "<main" not in fragment.content.decode()
    assert not PowerAction.objects.exists()


def test_each_question_names_another_press(signed_in: Client, web: Machine) -> None:
    nonces = {nonce_of(signed_in.get(START)) for _look in range(3)}
    assert len(nonces) == 3


def test_a_force_stop_waits_for_its_tick(signed_in: Client, web: Machine, provider: FaultServer) -> None:
    Status.objects.update(word="running")
    answer = press(signed_in, FORCE, fields={"sure": ""})
    assert "Tick this first: nothing was sent." in words(answer)
    assert provider.received == []
    assert press(signed_in, FORCE).status_code == 303
    assert [action.command for action in PowerAction.objects.all()] == ["kill"]
