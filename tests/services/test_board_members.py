"""Which machines are on an open board's page, and that a poll notices when others belong there."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.rows import give_machine, give_token
from tests.services.board_kit import board, cards, change, changed, many_machines, named, names, poll
from vps.models import Machine, Status, Token
from vps.services import board as boards
from vps.services import found


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna, "Mine")


def test_a_problem_beyond_the_page_comes_onto_an_open_board(anna: User, token: Token) -> None:
    many_machines(token)
    shown = board(anna)
    last = Machine.objects.latest("pk")
    assert last.pk not in {card.id for card in cards(shown)}
    change(last, problem="unreachable")
    told = changed(poll(anna, shown))
    assert (told.whole, cards(told)[0].id, len(cards(told))) == (True, last.pk, 500)
    assert poll(anna, told).board is None


def test_a_problem_on_the_page_comes_alone_so_that_cards_keep_their_places(anna: User, token: Token) -> None:
    many_machines(token)
    shown = board(anna)
    tenth = cards(shown)[9].id
    change(Machine.objects.get(pk=tenth), problem="unreachable")
    told = changed(poll(anna, shown))
    assert (told.whole, [card.id for card in cards(told)]) == (False, [tenth])


def test_two_that_stop_as_two_others_start_are_noticed_whatever_their_ids(anna: User, token: Token) -> None:
    first, second, third, fourth = (give_machine(token) for _number in range(4))
    Status.objects.filter(machine__in=[second, third]).update(word="stopped")
    shown = board(anna, show="running")
    for machine, word in ((first, "stopped"), (fourth, "stopped"), (second, "running"), (third, "running")):
        change(machine, word=word)
    told = changed(poll(anna, shown, show="running"))
    assert (told.whole, {card.id for card in cards(told)}) == (True, {second.pk, third.pk})


def test_one_that_begins_to_match_while_the_answer_is_made_comes_with_the_next(
    anna: User, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(token, "a", "b")
    late = Machine.objects.get(name="b")
    change(late, word="stopped")
    shown = board(anna, show="running")
    change(Machine.objects.get(name="a"), cpu=95)
    ask = found.find_changed

    def begins(*given: Any) -> Any:
        monkeypatch.undo()
        change(late, word="running")
        return ask(*given)

    monkeypatch.setattr(boards, "find_changed", begins)
    told = changed(poll(anna, shown, show="running"))
    assert names(changed(poll(anna, told, show="running"))) == ["a", "b"]
