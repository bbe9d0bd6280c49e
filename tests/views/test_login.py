"""The page of a machine's default login."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.conftest import forget_who_it_is
from tests.rows import give_machine, give_token
from tests.views.gate import refused_methods, sent_to_sign_in
from vps.models import Machine

PAGE = "/machines/prj-1/vm-1/login/"
WEB = {"name": "web-01", "product": "vm-1"}


@pytest.fixture
def web(anna: User) -> Machine:
    return give_machine(give_token(anna, name="laptop"), machine=WEB)


def shown(client: Client) -> str:
    page = client.get(PAGE).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main>")]))


def let_know(login: str, at: datetime | None = None) -> None:
    Machine.objects.update(login=login, login_at=at or timezone.now())


def test_who_is_not_signed_in_goes_to_the_sign_in_page(anonymous: Client, web: Machine) -> None:
    assert sent_to_sign_in(anonymous, PAGE)


def test_a_stranger_does_not_know_of_it(stranger: Client, web: Machine) -> None:
    assert stranger.get(PAGE).status_code == 404


def test_methods(signed_in: Client, web: Machine) -> None:
    assert refused_methods(signed_in, PAGE, "post", "put", "delete", "patch")


def test_nothing_in_the_page_needs_an_unsafe_policy_or_is_kept(signed_in: Client, web: Machine) -> None:
    answer = signed_in.get(PAGE)
    assert "no-store" in answer["Cache-Control"]
    assert not re.search(
        r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|hx-on|hx-vals", answer.content.decode()
    )


@pytest.mark.parametrize(
    ("login", "sentence", "buttons"),
    [
        (None, "Not revealed here yet.", ["Reveal", "Clear…"]),
        ("held", "The provider still told it at", ["Reveal", "Clear…"]),
        ("", "Clear was pressed at", ["Reveal", "Clear…"]),
        ("gone", "No longer available since", ["Ask again"]),
    ],
)
def test_the_page_says_what_is_known(
    signed_in: Client, web: Machine, login: str | None, sentence: str, buttons: list[str]
) -> None:
    if login is not None:
        let_know(login)
    page = shown(signed_in)
    assert sentence in page
    assert [button for button in ("Reveal", "Ask again", "Clear…") if f" {button} " in page] == buttons


def test_it_says_that_one_is_asked_first_who_one_is(
    signed_in: Client, anonymous: Client, anna: User, web: Machine
) -> None:
    assert "You are asked first who you are." in shown(forget_who_it_is(signed_in))
    anonymous.post("/accounts/login/", {"login": "anna", "password": "correct-horse-battery"})
    assert "You are asked" not in shown(anonymous)


def test_who_has_no_good_token_is_led_to_the_tokens_and_sees_what_was_known_before(
    signed_in: Client, anna: User
) -> None:
    refused_at = timezone.now() - timedelta(minutes=1)
    give_machine(give_token(anna, refused_at=refused_at), machine=WEB)
    let_know("held")
    page = shown(signed_in)
    assert "No token of yours reads this machine now." in page
    assert "Not revealed here yet." in page
    assert "Reveal " not in page
    let_know("gone", refused_at - timedelta(minutes=1))
    assert "No longer available since" in shown(signed_in)


def test_a_name_is_text(signed_in: Client, web: Machine) -> None:
    Machine.objects.update(name="<b>web</b>")
    page = signed_in.get(PAGE).content.decode()
    assert "<b>" not in page
    assert "&lt;b&gt;web" in page
