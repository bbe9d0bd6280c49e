"""The board counts the machines that are known to still hold a default login."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from tests.rows import give_machine, give_token
from tests.services.board_kit import NOW, board, counts, names
from vps.models import Machine, Revision, Status, Token
from vps.services.board import poll_board, read_view


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


def test_none_is_not_counted(anna: User, token: Token) -> None:
    give_machine(token)
    give_machine(token, machine={"login": "gone", "login_at": NOW})
    assert "login" not in counts(board(anna))
    assert board(anna, show="login").empty == "no_match"


def test_those_that_hold_one_are_counted_and_shown_whatever_their_state(anna: User, token: Token) -> None:
    held = {"login": "held", "login_at": NOW}
    give_machine(token, machine={"name": "runs", **held})
    give_machine(token, machine={"name": "dead", **held}, problem="unreachable")
    give_machine(token, machine={"name": "cleared", "login_at": NOW})
    assert counts(board(anna))["login"] == 2
    assert sorted(names(board(anna, show="login"))) == ["dead", "runs"]


def test_what_was_learnt_after_ones_token_was_refused_is_not_told(anna: User, ben: User) -> None:
    machine = give_machine(give_token(anna, refused_at=NOW), machine={"login": "held"})
    for at, told in ((NOW + timedelta(seconds=1), 0), (NOW - timedelta(seconds=1), 1)):
        Machine.objects.filter(pk=machine.pk).update(login_at=at)
        assert counts(board(anna)).get("login", 0) == told


def test_a_machine_that_comes_to_hold_one_comes_onto_its_board(anna: User, token: Token) -> None:
    machine = give_machine(token)
    view = read_view({"show": "login"})
    before = board(anna, show="login")
    Machine.objects.update(login="held", login_at=NOW)
    Status.objects.filter(machine=machine).update(revision=Revision.take())
    fresh = poll_board(anna, view, before.version, late=False).board
    assert fresh is not None
    assert fresh.whole
    assert fresh.total == 1
