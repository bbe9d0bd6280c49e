"""Stored tokens are checked, renamed and forgotten; a stranger's do not exist."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.http import Http404

from tests.rows import give_access, give_token
from tests.services.board_kit import cards
from tests.services.conftest import AddToken
from tests.services.token_kit import add, by_hand, on_board, products
from vps.models import Machine, Token
from vps.provider.secret import Secret
from vps.services import tokens
from vps.services.board import View, poll_board, show_board
from vps.simulator.server import Simulator

NOW = datetime.now(UTC)


def test_a_check_brings_new_machines_and_the_date(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    project = next(iter(simulator.projects))
    before = tokens.get_token(anna, token.pk).projects[0].checked_at
    new = simulator.add_machine(project).product
    tokens.check_token(anna, token.pk)
    assert new in on_board(anna)
    assert tokens.get_token(anna, token.pk).projects[0].checked_at > before


def test_a_check_notes_a_refusal_with_its_date_and_words(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    simulator.revoke(simulator.tokens[0].token)
    assert not tokens.check_token(anna, token.pk).saved
    row = tokens.get_token(anna, token.pk)
    assert (row.tone, row.word, row.said) == ("bad", "Refused", "Missing or invalid token")
    assert row.refused_at is not None
    read = row.abilities[0]
    assert (read.state, read.since, read.said) == ("refused", row.refused_at, "Missing or invalid token")


def test_the_date_of_an_ability_moves_only_when_the_answer_turns(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    since = tokens.get_token(anna, token.pk).abilities[0].since
    tokens.check_token(anna, token.pk)
    assert tokens.get_token(anna, token.pk).abilities[0].since == since
    fault = simulator.fault("status", code=401)
    tokens.check_token(anna, token.pk)
    refused = tokens.get_token(anna, token.pk).abilities[0].since
    simulator.clear_faults(fault)
    tokens.check_token(anna, token.pk)
    again = tokens.get_token(anna, token.pk).abilities[0]
    assert since is not None
    assert refused is not None
    assert again.since is not None
    assert since < refused < again.since
    assert again.state == "allowed"


def test_a_provider_that_is_down_refuses_nothing(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    simulator.fault("refuse")
    tokens.check_token(anna, token.pk)
    row = tokens.get_token(anna, token.pk)
    assert (row.refused_at, row.word, row.abilities[0].state) == (None, "Not reached", "allowed")
    assert on_board(anna) == products(simulator, *simulator.projects)


def test_a_further_project_is_kept_if_the_provider_answers(anna: User, simulator: Simulator) -> None:
    first, second, *_rest = simulator.projects
    outcome = add(anna, simulator.tokens[0].token, [first])
    assert outcome.token_id
    assert not tokens.add_project(anna, outcome.token_id, "prj-of-nobody").saved
    assert tokens.add_project(anna, outcome.token_id, second).saved
    assert on_board(anna) == products(simulator, first, second)
    assert {row.project for row in tokens.list_tokens(anna)[0].projects} == {first, second}


def test_a_refusal_met_while_a_project_is_added_is_noted(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    first, second, *_rest = simulator.projects
    token = add_token(anna, projects=[first])
    simulator.revoke(simulator.tokens[0].token)
    assert not tokens.add_project(anna, token.pk, second).saved
    assert tokens.get_token(anna, token.pk).word == "Refused"
    assert {row.project for row in tokens.get_token(anna, token.pk).projects} == {first}


def test_a_further_machine_is_read_by_its_id(anna: User, simulator: Simulator) -> None:
    project, (first, second) = next(iter(simulator.projects.items()))
    outcome = add(anna, by_hand(simulator), [project], (project, first))
    assert outcome.token_id
    assert tokens.add_machine(anna, outcome.token_id, project, second).saved
    assert on_board(anna) == {first, second}
    assert not tokens.add_machine(anna, outcome.token_id, project, "vm-of-nobody").saved


def test_a_token_is_renamed_unless_the_name_is_taken(anna: User, ben: User) -> None:
    mine = give_token(anna, "Mine")
    give_token(anna, "Other")
    give_token(ben, "His")
    with pytest.raises(tokens.NameTaken):
        tokens.rename_token(anna, mine.pk, "Other")
    assert tokens.get_token(anna, mine.pk).name == "Mine"
    for name in ("His", "His"):
        tokens.rename_token(anna, mine.pk, name)
    assert tokens.get_token(anna, mine.pk).name == "His"


def test_a_forgotten_tokens_machines_leave_the_board_at_once(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    version = show_board(anna, View()).version
    tokens.forget_token(anna, token.pk)
    assert not Token.objects.exists()
    assert on_board(anna) == set()
    poll = poll_board(anna, View(), version, False)
    assert poll.board is not None
    assert (poll.board.whole, poll.board.total) == (True, 0)


def test_a_machine_seen_through_another_token_stays(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    kept = next(iter(simulator.projects))
    forgotten = add_token(anna, "All")
    add_token(anna, "One", projects=[kept])
    tokens.forget_token(anna, forgotten.pk)
    assert on_board(anna) == products(simulator, kept)


def test_forgotten_for_one_person_it_stays_for_another(
    anna: User, ben: User, simulator: Simulator, add_token: AddToken
) -> None:
    his = add_token(ben)
    tokens.forget_token(anna, add_token(anna).pk)
    assert on_board(ben) == products(simulator, *simulator.projects)
    assert tokens.get_token(ben, his.pk).machines == 8


def test_with_only_a_refused_token_left_the_open_board_says_so_at_once(
    anna: User, add_token: AddToken
) -> None:
    good = add_token(anna, "Good")
    refused = give_token(anna, "Refused", refused_at=NOW)
    for machine in Machine.objects.all():
        give_access(refused, machine)
    version = show_board(anna, View()).version
    tokens.forget_token(anna, good.pk)
    poll = poll_board(anna, View(), version, False)
    assert poll.board is not None
    assert {card.state for card in cards(poll.board)} == {"refused"}


BY_STRANGERS: dict[str, Callable[[User, Token], object]] = {
    "get": lambda user, token: tokens.get_token(user, token.pk),
    "check": lambda user, token: tokens.check_token(user, token.pk),
    "replace": lambda user, token: tokens.replace_token(user, token.pk, Secret("key_abcdefgh")),
    "rename": lambda user, token: tokens.rename_token(user, token.pk, "Taken"),
    "forget": lambda user, token: tokens.forget_token(user, token.pk),
    "add a project": lambda user, token: tokens.add_project(user, token.pk, "prj-1"),
    "add a machine": lambda user, token: tokens.add_machine(user, token.pk, "prj-1", "vm-1"),
}


@pytest.mark.parametrize("deed", BY_STRANGERS.values(), ids=BY_STRANGERS.keys())
def test_for_a_stranger_a_token_does_not_exist(
    anna: User, ben: User, simulator: Simulator, deed: Callable[[User, Token], object]
) -> None:
    token = give_token(anna, "Mine")
    with pytest.raises(Http404):
        deed(ben, token)
    with pytest.raises(Http404):
        deed(anna, Token(pk=uuid4(), owner=anna))
    assert simulator.calls.count() == 0
    assert Token.objects.get().name == "Mine"
    assert tokens.list_tokens(ben) == ()
