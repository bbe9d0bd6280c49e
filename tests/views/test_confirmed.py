"""What matters most is done for who said lately who they are. Others say it, and are then asked again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import Settings

from tests.conftest import PASSWORD, forget_who_it_is
from tests.rows import give_share, give_team
from tests.services.conftest import AddToken
from vps.models import AuditEvent, Machine, Member, PowerAction, Share, Token, WallLink
from vps.simulator.server import Simulator

GATE = "/accounts/reauthenticate/"
TYPED = "key_that-was-typed-0123456789"


@dataclass
class Deed:
    """`back`: where one is asked again; `sentence`: what that page's button is called in the sentence on the way."""

    address: str
    back: str
    sentence: str
    fields: dict[str, Any]


DEEDS = {
    "force stop": Deed("{m}force-stop/", "{m}force-stop/?next=%2F%3Fq%3Dweb", "Force stop", {"sure": "on"}),
    "reveal": Deed("{m}login/reveal/", "{m}login/", "Reveal", {}),
    "clear": Deed("{m}login/clear/", "{m}login/clear/", "Clear", {"seen": "x"}),
    "console": Deed("{m}console/ticket/", "{m}console/", "Connect", {}),
    "add a token": Deed("/tokens/add/", "/tokens/", "add the token", {"name": "new", "token": TYPED, "projects": "p"}),
    "replace a token": Deed("/tokens/{t}/replace/", "/tokens/{t}/", "type the new token", {"token": TYPED}),
    "forget a token": Deed("/tokens/{t}/forget/", "/tokens/{t}/forget/", "Forget it", {}),
    "add a project": Deed("/tokens/{t}/projects/", "/tokens/{t}/", "add the project", {"project-project": "p"}),
    "remove a project": Deed("/tokens/{t}/projects/{p}/remove/", "/tokens/{t}/", "press Remove again", {}),
    "add a machine": Deed("/tokens/{t}/machines/", "/tokens/{t}/", "add the machine", {"machine-project": "p"}),
    "withdraw a share": Deed("/shares/{s}/withdraw/", "/shares/{s}/withdraw/", "asked again", {}),
    "remove a member": Deed("{team}members/{x}/remove/", "{team}members/{x}/remove/", "asked again", {}),
    "make a wall link": Deed("{team}walls/", "{team}walls/", "make the link", {"name": "Hall"}),
}  # fmt: skip


@pytest.fixture
def machine(anna: User, add_token: AddToken, simulator: Simulator, settings: Settings) -> Machine:
    settings.VPS_CONSOLE_URL = simulator.console
    add_token(anna, "laptop")
    found = Machine.objects.order_by("pk")[0]
    simulator.set(found.product, status="running", login_for=3600)
    return found


@pytest.fixture
def names(machine: Machine, anna: User, person: Callable[..., User]) -> dict[str, object]:
    """What stands in the addresses: a machine, its token and project, a team of two, a share with it."""
    token, team = Token.objects.get(), give_team(admin=anna, viewer=person("cleo"))
    return {
        "m": f"/machines/{machine.project}/{machine.product}/",
        "t": token.pk,
        "p": machine.project,
        "team": f"/teams/{team.pk}/",
        "x": Member.objects.get(person__username="cleo").pk,
        "s": give_share(token, team, machine.project).pk,
    }


@pytest.fixture(params=DEEDS)
def deed(request: pytest.FixtureRequest, names: dict[str, object]) -> Deed:
    chosen = DEEDS[request.param]
    fields = {"next": "/?q=web", **chosen.fields}
    return Deed(chosen.address.format(**names), chosen.back.format(**names), chosen.sentence, fields)


def done(simulator: Simulator) -> dict[str, object]:
    """All that the deeds could have changed, here and at the provider."""
    return {
        "calls": sum(
            simulator.calls.count(kind) for kind in ("control", "console", "defaultlogin", "status")
        ),
        "presses": PowerAction.objects.count(),
        "tokens": list(Token.objects.values("pk", "sealed", "name")),
        "projects": list(Token.objects.values("projects__project")),
        "shared": [model.objects.count() for model in (Member, Share, WallLink)],
        "lines": AuditEvent.objects.count(),
    }


def test_nothing_is_done_and_one_is_asked_again_where_one_was(
    signed_in: Client, deed: Deed, simulator: Simulator
) -> None:
    before = done(simulator)
    answer = forget_who_it_is(signed_in).post(deed.address, deed.fields)
    assert answer.status_code == 303
    gate = urlsplit(answer["Location"])
    assert (gate.path, parse_qs(gate.query)) == (GATE, {"next": [deed.back]})
    assert TYPED not in repr([row.get_decoded() for row in Session.objects.all()])
    assert deed.sentence in signed_in.get(answer["Location"]).content.decode()
    proved = signed_in.post(GATE, {"password": PASSWORD, "next": deed.back})
    assert proved["Location"] == deed.back
    assert signed_in.get(deed.back).status_code == 200
    assert done(simulator) == before


def test_htmx_leads_the_whole_page_there(signed_in: Client, deed: Deed, simulator: Simulator) -> None:
    before = done(simulator)
    forget_who_it_is(signed_in)
    answer = signed_in.post(deed.address, deed.fields, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert parse_qs(urlsplit(answer["HX-Redirect"]).query) == {"next": [deed.back]}
    assert done(simulator) == before


def test_what_one_may_not_know_of_is_not_there_before_anything_is_asked(stranger: Client, deed: Deed) -> None:
    answer = forget_who_it_is(stranger).post(deed.address, deed.fields)
    assert answer.status_code == (303 if deed.address == "/tokens/add/" else 404)


def test_afterwards_the_same_press_is_done(signed_in: Client, machine: Machine, simulator: Simulator) -> None:
    address = f"/machines/{machine.project}/{machine.product}/force-stop/"
    fields = {"sure": "on", "nonce": "n"}
    forget_who_it_is(signed_in).post(address, fields)
    signed_in.post(GATE, {"password": PASSWORD, "next": address})
    assert not PowerAction.objects.exists()
    signed_in.post(address, fields)
    assert PowerAction.objects.get().command == "kill"


@pytest.mark.parametrize("button", ["start", "shutdown", "reboot"])
def test_the_other_buttons_ask_nothing_of_the_kind(signed_in: Client, machine: Machine, button: str) -> None:
    address = f"/machines/{machine.project}/{machine.product}/{button}/"
    forget_who_it_is(signed_in).post(address, {"nonce": "n"})
    assert PowerAction.objects.count() == 1


def test_a_console_asks_once_for_all_its_connections(
    signed_in: Client, machine: Machine, simulator: Simulator
) -> None:
    ticket = f"/machines/{machine.project}/{machine.product}/console/ticket/"
    stay = signed_in.post(ticket).json()["session"]
    forget_who_it_is(signed_in)
    assert signed_in.post(ticket, {"session": stay}).json()["session"] == stay
    assert simulator.calls.count("console") == 2
    signed_in.post(ticket.replace("ticket", f"{stay}/close"))
    assert signed_in.post(ticket, {"session": stay}).status_code == 303
    assert simulator.calls.count("console") == 2


def test_a_lost_wall_link_goes_dark_at_once(signed_in: Client, names: dict[str, object]) -> None:
    address = f"{names['team']}walls/"
    signed_in.post(address, {"name": "Hall"})
    wall = WallLink.objects.get()
    forget_who_it_is(signed_in).post(f"{address}{wall.pk}/revoke/")
    wall.refresh_from_db()
    assert wall.revoked_at is not None


def test_a_form_says_beforehand_that_one_will_be_asked(signed_in: Client, machine: Machine) -> None:
    told = "You are asked first who you are"
    page = f"/tokens/{Token.objects.get().pk}/"
    assert told not in signed_in.get("/tokens/").content.decode()
    forget_who_it_is(signed_in)
    for address in ("/tokens/", page):
        answer = signed_in.get(address).content.decode()
        assert told in answer
        assert f'{GATE}?next={address}"' in answer
