"""The board counts the machines that are known to still hold a default login."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from tests.rows import give_machine, give_share, give_team, give_token
from tests.services.board_kit import NOW, board, counts, names
from vps.models import Machine, Member, Revision, Role, Status, Token
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


@pytest.mark.parametrize(("role", "told"), [(Role.VIEWER, 0), (Role.OPERATOR, 0), (Role.ADMIN, 1)])
def test_only_those_are_counted_whose_login_one_may_reveal(
    role: Role, told: int, anna: User, ben: User, token: Token
) -> None:
    give_machine(token, machine={"login": "held", "login_at": NOW})
    give_share(token, give_team(admin=anna, viewer=ben))
    Member.objects.filter(person=ben).update(role=role)
    assert counts(board(ben)).get("login", 0) == told
    assert board(ben, show="login").total == told
    assert counts(board(anna))["login"] == 1


def test_ones_own_is_counted_and_one_beside_it_that_one_only_operates_is_not(
    anna: User, ben: User, token: Token
) -> None:
    held = {"login": "held", "login_at": NOW}
    give_machine(token, machine={"name": "annas", **held})
    give_machine(give_token(ben), machine={"name": "bens", "project": "prj-2", **held})
    give_share(token, give_team(admin=anna, operator=ben))
    assert names(board(ben, show="login")) == ["bens"]


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
