"""Pterodactyl GHSA-8c39: access was withdrawn, and went on in the pages and connections that were open.

Each way in which a right ends is tried against each thing that an open page goes on asking for.
"""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.matrix_kit import BY_NAME, ask
from tests.matrix_spy import Spy, undone
from tests.matrix_world import World, give_stay
from vps.models import Access, Machine, Member, Role, Share, Token

pytestmark = pytest.mark.django_db

PAGES = ("machine", "machine_live", "machine_menu", "console_live")
ACTS = ("console_beat", "console_ticket", "power_reboot", "power_force_stop", "machine_tags")


def share_withdrawn(world: World) -> None:
    Share.objects.filter(pk=world.rows["share"].pk).delete()


def removed(world: World) -> None:
    Member.objects.filter(person=world.people["operator"]).delete()


def owner_left(world: World) -> None:
    Member.objects.filter(person=world.people["owner"]).delete()


def owner_disabled(world: World) -> None:
    User.objects.filter(pk=world.people["owner"].pk).update(is_active=False)


def token_forgotten(world: World) -> None:
    Token.objects.filter(pk=world.rows["token"].pk).delete()


def disabled(world: World) -> None:
    User.objects.filter(pk=world.people["operator"].pk).update(is_active=False)


def demoted(world: World) -> None:
    Member.objects.filter(person=world.people["operator"]).update(role=Role.VIEWER)


def protected(world: World) -> None:
    Machine.objects.filter(pk=world.rows["machine"].pk).update(protected=True)


def token_refused(world: World) -> None:
    Token.objects.filter(pk=world.rows["token"].pk).update(refused_at=timezone.now())


def access_refused(world: World) -> None:
    Access.objects.filter(machine=world.rows["machine"]).update(refused_at=timezone.now())


@pytest.fixture
def operator(world: World) -> Client:
    stay = give_stay(world.people["operator"], world.rows["machine"], world.rows["token"])
    world.ids["session"] = stay.pk
    world.typed["console_ticket"] = {"session": str(stay.pk)}
    return world.clients["operator"]


def answers(world: World, spy: Spy, client: Client) -> dict[str, str]:
    found = {name: ask(world, spy, BY_NAME[name], "GET", client).letter for name in PAGES}
    for name in ACTS:
        with undone():
            found[name] = ask(world, spy, BY_NAME[name], "POST", client).letter
    return found


def after(
    world: World, spy: Spy, operator: Client, change: Callable[[World], None]
) -> tuple[dict[str, str], str]:
    """What the operator is answered, and what their board's next poll is sent, once something has changed."""
    name = world.rows["machine"].name
    assert name in operator.get("/").content.decode()
    before = answers(world, spy, operator)
    assert set(before.values()) <= set("oar"), before
    change(world)
    return answers(world, spy, operator), operator.get("/cards/?since=0").content.decode()


@pytest.mark.parametrize("end", [share_withdrawn, removed, owner_left, owner_disabled, token_forgotten])
def test_where_the_last_way_to_a_machine_ends_its_open_pages_know_nothing_of_it(
    end: Callable[[World], None], world: World, spy: Spy, operator: Client
) -> None:
    found, board = after(world, spy, operator, end)
    assert found == dict.fromkeys((*PAGES, *ACTS), "N")
    assert world.rows["machine"].product not in board
    assert 'id="' in board, "it is told to leave the page"


def test_who_is_disabled_is_signed_out_everywhere(world: World, spy: Spy, operator: Client) -> None:
    found, _board = after(world, spy, operator, disabled)
    assert set(found.values()) == {"S"}


def test_who_is_demoted_looks_on_and_does_nothing_more(world: World, spy: Spy, operator: Client) -> None:
    found, board = after(world, spy, operator, demoted)
    assert found == dict.fromkeys(PAGES, "o") | dict.fromkeys((*ACTS, "console_live"), "F")
    assert world.rows["machine"].product in board


def test_a_machine_that_is_protected_meanwhile_takes_no_power_action(
    world: World, spy: Spy, operator: Client
) -> None:
    found, _board = after(world, spy, operator, protected)
    assert {name: letter for name, letter in found.items() if letter == "F"} == {
        "power_reboot": "F",
        "power_force_stop": "F",
    }


@pytest.mark.parametrize("end", [token_refused, access_refused])
def test_what_the_provider_refuses_is_seen_and_not_done(
    end: Callable[[World], None], world: World, spy: Spy, operator: Client
) -> None:
    found, board = after(world, spy, operator, end)
    acting = {"console_beat", "console_ticket", "power_reboot", "power_force_stop"}
    assert {name for name, letter in found.items() if letter == "F"} >= acting
    assert world.rows["machine"].product in board
