"""Drift: what counts as not being as expected, and what a board makes of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.rows import give_action, give_machine, give_token
from tests.services.board_kit import NOW, board, cards, change, changed, counts, names, poll
from vps.models import Machine, PowerAction, Token

LATE: dict[str, Any] = {"late_at": NOW - timedelta(seconds=5)}
ON, ANY, OFF = Machine.Expected.ON, Machine.Expected.ANY, Machine.Expected.OFF


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna, "Mine")


def expecting(token: Token, expected: str, name: str = "web", **fields: Any) -> Machine:
    return give_machine(token, machine={"name": name, "expected": expected}, **fields)


@pytest.mark.parametrize(
    ("expected", "word", "told", "tone"),
    [
        (ON, "stopped", "Stopped · should be on", "bad"),
        (OFF, "running", "Running · should be off", "late"),
        (ON, "running", "Running", "ok"),
        (OFF, "stopped", "Stopped", "off"),
        (ANY, "stopped", "Stopped", "off"),
        (ANY, "running", "Running", "ok"),
        ("", "stopped", "Stopped", "off"),
        (ON, "paused", "“paused”", "late"),
        (OFF, "paused", "“paused”", "late"),
    ],
)
def test_a_card_says_it_in_words_and_the_board_counts_the_same(
    anna: User, token: Token, expected: str, word: str, told: str, tone: str
) -> None:
    expecting(token, expected, word=word)
    shown = board(anna)
    (card,) = cards(shown)
    assert (card.word, card.tone) == (told, tone)
    adrift = int("should be" in told)
    assert (counts(shown)["problems"], counts(shown).get("drift", 0)) == (adrift, adrift)
    assert names(board(anna, show="drift")) == ["web"] * adrift


@pytest.mark.parametrize(
    "unsure", [{"problem": "unreachable"}, {"heard_at": None, "word": ""}, LATE, {"problem": "gone"}]
)
def test_of_what_is_not_surely_known_nothing_is_said(
    anna: User, token: Token, unsure: dict[str, Any]
) -> None:
    expecting(token, ON, **({"word": "stopped"} | unsure))
    shown = board(anna)
    assert "should be" not in cards(shown)[0].word
    assert "drift" not in counts(shown)
    assert board(anna, show="drift").total == 0


def test_whose_token_is_refused_is_told_nothing_of_it(anna: User, token: Token) -> None:
    machine = expecting(token, ON, word="stopped")
    machine.accesses.update(refused_at=NOW)
    assert "should be" not in cards(board(anna))[0].word
    assert board(anna, show="drift").total == 0


def test_a_watched_action_is_no_drift_until_the_watch_is_over(anna: User, token: Token) -> None:
    action = give_action(expecting(token, ON, word="stopped"), anna, "stop")
    shown = board(anna)
    assert (cards(shown)[0].word, counts(shown)["problems"], counts(shown)["changing"]) == (
        "Shutting down",
        0,
        1,
    )
    PowerAction.objects.filter(pk=action.pk).update(observed="reached", observed_at=NOW, watch_until=NOW)
    shown = board(anna)
    assert (cards(shown)[0].word, counts(shown)["problems"]) == ("Stopped · should be on", 1)


def test_what_became_of_a_press_is_told_first(anna: User, token: Token) -> None:
    machine = expecting(token, ON, word="stopped")
    give_action(machine, anna, "start", observed="not_reached", observed_at=NOW)
    shown = board(anna)
    assert (cards(shown)[0].word, counts(shown)["problems"], counts(shown)["drift"]) == ("Not started", 1, 1)


def test_drift_stands_among_the_problems_and_not_among_the_stopped(anna: User, token: Token) -> None:
    expecting(token, "", name="a-calm", word="stopped")
    expecting(token, ON, name="z-adrift", word="stopped")
    assert names(board(anna)) == ["z-adrift", "a-calm"]
    assert names(board(anna, show="stopped")) == ["a-calm"]
    assert board(anna, group="project").groups[0].problems == 1


def test_an_open_board_gets_it_with_the_next_poll(anna: User, token: Token) -> None:
    machine = expecting(token, ON)
    shown = board(anna)
    change(machine, word="stopped")
    told = changed(poll(anna, shown))
    assert (cards(told)[0].word, told.problems) == ("Stopped · should be on", 1)
