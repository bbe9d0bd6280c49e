"""A machine's console: its page, what it asks for, and who gets what."""

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.rows import give_machine, give_token
from tests.services.console_kit import web
from tests.views.gate import refused_methods, sent_to_sign_in
from vps.models import Access, ConsoleSession, Machine, Token
from vps.services.console_address import console_origin
from vps.simulator.server import Simulator

__all__ = ["web"]
STAY = uuid.UUID(int=7)
BUILD = Path(__file__).parent.parent.parent / "deploy" / "hatch_build.py"
GETS = ["", "live/"]
POSTS = ["ticket/", f"{STAY}/beat/", f"{STAY}/close/"]


@pytest.fixture
def address(web: Machine) -> str:
    return f"/machines/{web.project}/{web.product}/console/"


def take_ticket(client: Client, address: str, **fields: str) -> dict[str, str]:
    answer = client.post(f"{address}ticket/", fields)
    assert answer.status_code == 200
    return dict(json.loads(answer.content))


@pytest.mark.parametrize("below", GETS + POSTS)
def test_who_is_not_signed_in_goes_to_the_sign_in_page(anonymous: Client, address: str, below: str) -> None:
    method = "get" if below in GETS else "post"
    assert sent_to_sign_in(anonymous, f"{address}{below}", method)


@pytest.mark.parametrize("below", GETS + POSTS)
def test_a_stranger_does_not_know_of_it(
    stranger: Client, simulator: Simulator, address: str, below: str
) -> None:
    answer = stranger.get(f"{address}{below}") if below in GETS else stranger.post(f"{address}{below}")
    assert answer.status_code == 404
    assert simulator.calls.count("console") == 0


@pytest.mark.parametrize("below", POSTS)
def test_methods_that_change_something(signed_in: Client, address: str, below: str) -> None:
    assert refused_methods(signed_in, f"{address}{below}", "get", "head", "put", "delete", "patch")
    assert ConsoleSession.objects.count() == 0


@pytest.mark.parametrize("below", GETS)
def test_methods_that_show_something(signed_in: Client, address: str, below: str) -> None:
    assert refused_methods(signed_in, f"{address}{below}", "post", "put", "delete", "patch")


@pytest.mark.parametrize("below", POSTS)
def test_what_changes_something_needs_the_pages_own_form(
    anna: User, simulator: Simulator, address: str, below: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    assert client.post(f"{address}{below}").status_code == 403
    assert simulator.calls.count("console") == 0


@pytest.mark.parametrize("below", GETS)
def test_looking_asks_for_no_ticket(
    signed_in: Client, simulator: Simulator, address: str, below: str
) -> None:
    simulator.calls.clear()
    answer = signed_in.get(f"{address}{below}")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert simulator.calls.count() == 0
    assert ConsoleSession.objects.count() == 0


def test_the_press_gets_a_ticket_which_no_cache_keeps(
    signed_in: Client, simulator: Simulator, address: str, web: Machine
) -> None:
    answer = signed_in.post(f"{address}ticket/")
    told = json.loads(answer.content)
    assert set(told) == {"session", "url", "secret"}
    assert told["url"].startswith(f"{console_origin()}/")
    assert told["session"] == str(ConsoleSession.objects.get().pk)
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Type"] == "application/json"
    assert not answer.cookies


def test_a_stay_goes_on_and_ends(signed_in: Client, address: str) -> None:
    stay = take_ticket(signed_in, address)["session"]
    assert take_ticket(signed_in, address, session=stay)["session"] == stay
    assert signed_in.post(f"{address}{stay}/beat/").status_code == 204
    assert signed_in.post(f"{address}{stay}/close/").status_code == 204
    assert ConsoleSession.objects.get().ended == "closed"
    assert signed_in.post(f"{address}{stay}/beat/").status_code == 404


def test_somebody_elses_stay_is_not_found(
    signed_in: Client, stranger: Client, ben: User, address: str, add_token: Callable[..., Token]
) -> None:
    stay = take_ticket(signed_in, address)["session"]
    add_token(ben, "Bens")
    assert stranger.get(address).status_code == 200
    for below in (f"{stay}/beat/", f"{stay}/close/"):
        assert stranger.post(f"{address}{below}").status_code == 404
    assert stranger.post(f"{address}ticket/", {"session": stay}).status_code == 404
    assert ConsoleSession.objects.get().ended == ""


@pytest.mark.parametrize("session", ["x", "7", "'; --", "\0"])
def test_nonsense_is_no_stay(signed_in: Client, simulator: Simulator, address: str, session: str) -> None:
    assert signed_in.post(f"{address}ticket/", {"session": session}).status_code == 404
    assert simulator.calls.count("console") == 0


def test_who_lost_the_machine_hears_it_at_the_next_sign_of_life(signed_in: Client, address: str) -> None:
    stay = take_ticket(signed_in, address)["session"]
    Token.objects.update(refused_at=timezone.now())
    answer = signed_in.post(f"{address}{stay}/beat/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["Content-Type"]) == (403, "text/plain; charset=utf-8")
    assert "No token of yours reads this machine now." in answer.content.decode()
    Access.objects.all().delete()
    assert signed_in.post(f"{address}{stay}/beat/").status_code == 404


def test_a_refusal_is_a_sentence_and_leads_to_the_token(
    signed_in: Client, simulator: Simulator, address: str
) -> None:
    simulator.fault("status", code=403, kind="console", times=1)
    told = take_ticket(signed_in, address)
    assert "(403)" in told["sentence"]
    assert told["href"] == f"/tokens/{Token.objects.get().pk}/"
    simulator.fault("status", code=429, kind="console", times=1)
    assert take_ticket(signed_in, address)["href"] == ""


def test_only_this_page_may_reach_the_consoles(signed_in: Client, settings: Settings, address: str) -> None:
    def policy(page: str) -> str:
        found = re.search(r"connect-src ([^;]*)", signed_in.get(page)["Content-Security-Policy"])
        assert found is not None
        return found[1]

    assert policy(address) == f"'self' {console_origin()}"
    for page in ("/", address.removesuffix("console/"), f"{address}live/", "/tokens/"):
        assert policy(page) == "'self'"
    settings.VPS_CONSOLE_URL = ""
    assert policy(address) == "'self'"


def test_without_an_address_the_page_says_who_sets_it(
    signed_in: Client, settings: Settings, address: str
) -> None:
    settings.VPS_CONSOLE_URL = ""
    page = signed_in.get(address).content.decode()
    assert "Whoever runs the panel sets VPS_CONSOLE_URL" in page
    assert "data-connect" not in page
    assert signed_in.post(f"{address}ticket/").status_code == 403


def test_the_page_tells_of_news_only(signed_in: Client, address: str) -> None:
    page = signed_in.get(address).content.decode()
    found = re.search(r'data-since="([^"]+)"', page)
    assert found is not None
    assert signed_in.get(f"{address}live/", {"since": found[1]}).status_code == 204
    take_ticket(signed_in, address)
    answer = signed_in.get(f"{address}live/", {"since": found[1]})
    assert answer.status_code == 200
    assert "You are here" in answer.content.decode()


def test_a_stopped_machine_offers_start(signed_in: Client, anna: User) -> None:
    web = give_machine(give_token(anna), word="stopped")
    page = signed_in.get(f"/machines/{web.project}/{web.product}/console/").content.decode()
    assert 'data-case="stopped"' in page
    assert f'formaction="/machines/{web.project}/{web.product}/start/"' in page


def test_the_page_needs_no_unsafe_policy_and_names_what_is_there(signed_in: Client, address: str) -> None:
    page = signed_in.get(address).content.decode()
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|hx-on|hx-vals", page)
    core = re.search(r'data-core="/static/([^"]+)"', page)
    assert core is not None
    assert f'"{core[1].split("/")[1]}"' in BUILD.read_text()
    assert finders.find(core[1])
    assert "A console needs JavaScript" in page
    assert "Ctrl + Alt + Shift" in page


def test_a_hostile_name_is_text(signed_in: Client, anna: User) -> None:
    name = '"><img src=x onerror=alert(1)>{{ 7 }}'
    web = give_machine(give_token(anna), machine={"name": name})
    page = signed_in.get(f"/machines/{web.project}/{web.product}/console/").content.decode()
    assert "<img" not in page
    assert "&lt;img" in page
