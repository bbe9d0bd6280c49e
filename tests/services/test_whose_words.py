"""What was told to one person's token, in a listing or as an error, is not shown to another person."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.rows import give_access, give_machine, give_token
from tests.services.board_kit import everything_on
from vps.models import Access, Machine, StateChange, Status, Token
from vps.services.board import View, show_board
from vps.services.machines import show_machine

NOW = timezone.now()
BEFORE = NOW - timedelta(minutes=10)
DESCRIBED = {
    "name": "bens-name",
    "ipv4": "192.0.2.99",
    "ipv6": "2001:db8::99/64",
    "listed_status": "bens-word",
}


@pytest.fixture
def shared(anna: User, ben: User) -> Machine:
    """Both people's tokens read it; the listings told its name ten minutes ago."""
    machine = give_machine(
        give_token(anna, "annas"), machine={"product": "vm-x", **DESCRIBED, "described_at": BEFORE}
    )
    give_access(give_token(ben, "bens"), machine)
    return machine


def everything(user: User, machine: Machine) -> str:
    page = show_machine(user, machine.project, machine.product)
    return repr(page) + everything_on(show_board(user, View()))


# Listings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", [Access, Token], ids=["the machine is refused", "the token is refused"])
@pytest.mark.parametrize("described", ["before", "after"])
def test_a_refused_person_sees_what_listings_told_before_the_refusal_and_nothing_later(
    anna: User, ben: User, shared: Machine, of: type[Access | Token], described: str
) -> None:
    refused = NOW if described == "before" else BEFORE - timedelta(minutes=1)
    mine = {"token__owner": anna} if of is Access else {"owner": anna}
    of.objects.filter(**mine).update(refused_at=refused)
    for secret in DESCRIBED.values():
        assert (secret in everything(anna, shared)) is (described == "before")
        assert secret in everything(ben, shared)
    card = show_machine(anna, shared.project, shared.product).card
    assert card.name == ("bens-name" if described == "before" else "vm-x")


@pytest.mark.parametrize("view", ["cards", "table"])
def test_nor_do_the_pages_show_it(anna: User, signed_in: Client, shared: Machine, view: str) -> None:
    Token.objects.filter(owner=anna).update(refused_at=BEFORE - timedelta(minutes=1))
    board = signed_in.get(f"/?view={view}").content.decode()
    machine = signed_in.get(f"/machines/{shared.project}/vm-x/").content.decode()
    for secret in DESCRIBED.values():
        assert secret not in board + machine
    assert "vm-x" in board


def test_nor_does_the_search_find_it_by_what_is_hidden(anna: User, ben: User, shared: Machine) -> None:
    Token.objects.filter(owner=anna).update(refused_at=BEFORE - timedelta(minutes=1))
    for query in ("bens-name", "192.0.2.99", "db8::99"):
        assert (show_board(anna, View(q=query)).total, show_board(ben, View(q=query)).total) == (0, 1)
    assert show_board(anna, View(q="vm-x")).total == 1


def test_granted_again_it_is_all_there(anna: User, shared: Machine) -> None:
    Machine.objects.update(described_at=NOW)
    assert "bens-name" in everything(anna, shared)


# Errors ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", [problem for problem in Status.Problem if problem])
def test_the_providers_words_are_for_the_owner_of_the_token_that_they_were_said_to(
    anna: User, ben: User, shared: Machine, problem: Status.Problem
) -> None:
    bens = Token.objects.get(owner=ben).pk
    said = {"problem": problem, "said": "Limit of key alice-7", "said_to": bens}
    Status.objects.update(since=NOW, reason="timeout", **said)
    StateChange.objects.create(machine=shared, at=BEFORE, **said)
    assert everything(ben, shared).count("alice-7") == 4
    assert "alice-7" not in everything(anna, shared)


def test_words_that_were_said_to_nobody_known_are_shown_to_nobody(ben: User, shared: Machine) -> None:
    Status.objects.update(problem="limited", said="Limit of key alice-7")
    StateChange.objects.create(machine=shared, at=BEFORE, problem="limited", said="Limit of key alice-7")
    assert "alice-7" not in everything(ben, shared)
