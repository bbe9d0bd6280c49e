"""Revealing a machine's default login: the one answer that holds the password."""

import time

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from tests.conftest import PASSWORD, forget_who_it_is
from tests.services.conftest import AddToken
from tests.views.gate import refused_methods, sent_to_sign_in
from vps.models import Machine, Token
from vps.simulator.server import Simulator

SECRET = "Generated<&>Password123!"
IN_PAGE = "Generated&lt;&amp;&gt;Password123!"
AGAIN = "Say who you are, then press Reveal again."


@pytest.fixture
def machine(anna: User, add_token: AddToken, simulator: Simulator) -> Machine:
    add_token(anna, "laptop")
    found = Machine.objects.order_by("pk")[0]
    simulator.set(found.product, login_for=3600, password=SECRET, ipv4="192.0.2.7")
    return found


@pytest.fixture
def page(machine: Machine) -> str:
    return f"/machines/{machine.project}/{machine.product}/login/"


@pytest.fixture
def fresh(anna: User) -> Client:
    """Anna has signed in just now."""
    client = Client()
    client.post("/accounts/login/", {"login": "anna", "password": PASSWORD})
    return client


def asked(simulator: Simulator) -> int:
    return simulator.calls.count("defaultlogin")


def age(client: Client, seconds: float) -> None:
    """She signed in, or said who she is, so long ago."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() - seconds
    session.save()


def test_who_is_not_signed_in_goes_to_the_sign_in_page(anonymous: Client, page: str) -> None:
    assert sent_to_sign_in(anonymous, f"{page}reveal/", "post")


def test_a_stranger_does_not_know_of_it(stranger: Client, page: str, simulator: Simulator) -> None:
    assert stranger.post(f"{page}reveal/").status_code == 404
    assert asked(simulator) == 0


def test_methods(fresh: Client, page: str, simulator: Simulator) -> None:
    assert refused_methods(fresh, f"{page}reveal/", "get", "head", "put", "delete", "patch")
    assert asked(simulator) == 0


def test_it_needs_the_pages_own_form(anna: User, page: str, simulator: Simulator) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    assert client.post(f"{page}reveal/").status_code == 403
    assert asked(simulator) == 0


def test_who_signed_in_just_now_sees_it(fresh: Client, page: str, simulator: Simulator) -> None:
    answer = fresh.post(f"{page}reveal/")
    told = answer.content.decode()
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    for part in ("linux", "192.0.2.7", "ssh", "ubuntu"):
        assert part in told
    assert told.count(IN_PAGE) == 1
    assert f'<noscript><meta http-equiv="refresh" content="60; url={page}"></noscript>' in told
    assert asked(simulator) == 1


def test_who_has_not_said_lately_who_they_are_is_asked_and_presses_again(
    signed_in: Client, page: str, simulator: Simulator
) -> None:
    forget_who_it_is(signed_in)
    answer = signed_in.post(f"{page}reveal/", {"anything": "typed-with-it"})
    assert answer.status_code == 303
    gate = answer["Location"]
    assert gate.startswith("/accounts/reauthenticate/?next=%2Fmachines%2F")
    assert asked(simulator) == 0
    assert "typed-with-it" not in repr([row.get_decoded() for row in Session.objects.all()])
    asking = signed_in.get(gate).content.decode()
    assert AGAIN in asking
    assert f'value="{page}"' in asking
    back = signed_in.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": page})
    assert (back.status_code, back["Location"]) == (302, page)
    assert signed_in.get(page).status_code == 200
    assert asked(simulator) == 0
    assert IN_PAGE in signed_in.post(f"{page}reveal/").content.decode()


def test_a_wrong_password_reveals_nothing(signed_in: Client, page: str, simulator: Simulator) -> None:
    forget_who_it_is(signed_in)
    signed_in.post("/accounts/reauthenticate/", {"password": "wrong", "next": page})
    assert signed_in.post(f"{page}reveal/").status_code == 303
    assert asked(simulator) == 0


@pytest.mark.parametrize(("seconds", "status"), [(295, 200), (305, 303)])
def test_what_was_said_five_minutes_ago_is_not_lately(
    fresh: Client, page: str, seconds: float, status: int
) -> None:
    age(fresh, seconds)
    assert fresh.post(f"{page}reveal/").status_code == status


def test_somebody_elses_word_is_not_ones_own(
    fresh: Client, ben: User, page: str, add_token: AddToken
) -> None:
    add_token(ben, "bens")
    session = fresh.session
    session["_auth_user_id"] = str(ben.pk)
    session["_auth_user_hash"] = ben.get_session_auth_hash()
    session.save()
    assert fresh.get(page).status_code == 200
    assert fresh.post(f"{page}reveal/").status_code == 303


def test_a_refused_token_is_403_in_words(fresh: Client, page: str, simulator: Simulator) -> None:
    Token.objects.update(refused_at="2026-11-02T12:00Z")
    answer = fresh.post(f"{page}reveal/")
    assert answer.status_code == 403
    assert "No token of yours reads this machine now. Replace the token" in answer.content.decode()
    assert asked(simulator) == 0


def test_no_longer_available_is_a_state(
    fresh: Client, page: str, machine: Machine, simulator: Simulator
) -> None:
    simulator.set(machine.product, login_for=0)
    answer = fresh.post(f"{page}reveal/")
    assert (answer.status_code, answer["Location"]) == (303, page)
    told = fresh.get(page).content.decode()
    assert "it is no longer available." in told
    assert "No longer available since" in told
    assert 'role="alert"' not in told[told.index("<main") : told.index("</main>")]


def test_a_failure_is_said_and_the_page_stays(fresh: Client, page: str, simulator: Simulator) -> None:
    simulator.fault("status", code=403, kind="defaultlogin")
    answer = fresh.post(f"{page}reveal/")
    assert (answer.status_code, answer["Location"]) == (303, page)
    told = fresh.get(page).content.decode()
    assert "It was not revealed. The token may not do this (403)." in told
    assert "Not revealed here yet." in told
    assert "It was not revealed." not in fresh.get(page).content.decode()
