"""The items of the board's menu for one machine."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.rows import give_action, give_machine, give_token
from tests.views.gate import refused_methods, sent_to_sign_in
from vps.models import Machine, Status

HOSTILE = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def machine(anna: User) -> Machine:
    named = {"name": "web-01", "ipv4": "203.0.113.5", "ipv6": "2001:db8::5/64"}
    return give_machine(give_token(anna), machine=named)


def menu_of(machine: Machine) -> str:
    return f"/machines/{machine.project}/{machine.product}/menu/"


def items(client: Client, machine: Machine) -> list[tuple[str, str]]:
    """What can be chosen, and why it makes no sense now."""
    page = client.get(menu_of(machine)).content.decode()
    told = re.findall(r"<li[^>]*>\s*(?:<a|<button)(.*?)</li>", page, re.DOTALL)
    words = [re.search(r"</svg>(?:<span>)?([^<]+)(?:<small>([^<]+))?", each) for each in told]
    assert all(
        bool(word and word[2]) == ("aria-disabled" in each) for word, each in zip(words, told, strict=True)
    )
    return [(word[1], word[2] or "") for word in words if word]


def test_who_is_not_signed_in_gets_none(anonymous: Client, machine: Machine) -> None:
    assert sent_to_sign_in(anonymous, menu_of(machine))
    answer = anonymous.get(menu_of(machine), headers={"HX-Request": "true"})
    assert "login" in answer["HX-Redirect"]


def test_a_stranger_may_not_know_of_it(stranger: Client, machine: Machine) -> None:
    assert stranger.get(menu_of(machine)).status_code == 404


def test_it_is_only_read(signed_in: Client, machine: Machine) -> None:
    assert refused_methods(signed_in, menu_of(machine), "post", "put", "delete", "patch")


def test_no_browser_keeps_a_copy(signed_in: Client, machine: Machine) -> None:
    assert "no-store" in signed_in.get(menu_of(machine))["Cache-Control"]


def test_it_offers_all_that_can_be_done_with_a_machine(signed_in: Client, machine: Machine) -> None:
    assert items(signed_in, machine) == [
        ("Open", ""),
        ("Start", "Already running"),
        ("Reboot…", ""),
        ("Shut down…", ""),
        ("Force stop…", ""),
        ("Console", ""),
        ("Default login", ""),
        ("Copy name", ""),
        ("Copy IPv4", ""),
        ("Copy IPv6", ""),
        ("Copy project id", ""),
        ("Copy machine id", ""),
    ]
    page = signed_in.get(menu_of(machine)).content.decode()
    for value in ("web-01", "203.0.113.5", "2001:db8::5", "prj-1", machine.product):
        assert f'data-value="{value}"' in page


def test_what_makes_no_sense_says_why_in_words_that_are_seen(signed_in: Client, machine: Machine) -> None:
    Status.objects.update(word="stopped")
    told = {word: why for word, why in items(signed_in, machine) if why}
    assert told == dict.fromkeys(("Reboot…", "Shut down…", "Force stop…"), "Already stopped")


def test_force_stop_stays_while_another_action_is_watched(
    signed_in: Client, machine: Machine, anna: User
) -> None:
    give_action(machine, anna, "stop")
    told = {word: why for word, why in items(signed_in, machine) if why}
    assert told == dict.fromkeys(
        ("Start", "Reboot…", "Shut down…"), "Shutting down: one power action at a time"
    )


def test_start_is_a_press_and_the_rest_asks_first(signed_in: Client, machine: Machine) -> None:
    Status.objects.update(word="stopped")
    page = signed_in.get(menu_of(machine)).content.decode()
    here = f"/machines/{machine.project}/{machine.product}/"
    assert f'<button form="act" formaction="{here}start/">' in page
    for address in ("reboot/", "shutdown/", "force-stop/"):
        assert re.search(rf'<a class="ask[^>]* href="{here}{address}">', page)
    for address in ("", "console/", "login/"):
        assert f'<a href="{here}{address}">' in page


def test_what_a_provider_says_is_only_text(signed_in: Client, machine: Machine) -> None:
    Machine.objects.update(name=HOSTILE, ipv4=HOSTILE, ipv6=HOSTILE)
    assert HOSTILE not in signed_in.get(menu_of(machine)).content.decode()
