"""What a board's poll brings: nothing, the cards that changed, or the whole board."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.rows import give_action, give_machine, give_token
from tests.services.board_kit import (
    NOW,
    board,
    cards,
    change,
    changed,
    counts,
    many_machines,
    named,
    names,
    poll,
)
from vps.models import Machine, Status, Token
from vps.services import refusals
from vps.services.board import View, poll_board
from vps.services.pulse import in_microseconds


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna, "Mine")


def test_more_changes_than_a_page_shows_bring_the_whole_page_so_that_no_card_on_it_stays_green(
    anna: User, token: Token
) -> None:
    many_machines(token)
    last = Machine.objects.latest("pk")
    change(last, problem="gone")
    shown = board(anna)
    assert cards(shown)[0].id == last.pk
    Status.objects.update(late_at=NOW - timedelta(seconds=1))
    told = changed(poll(anna, shown))
    assert (told.whole, len(cards(told))) == (True, 500)
    assert {card.word for card in cards(told)} <= {"Was running", "Gone"}


# Polls -----------------------------------------------------------------------------------------------


def test_where_nothing_changed_a_poll_is_one_query_and_no_board(anna: User, token: Token) -> None:
    named(token, *(f"web-{n}" for n in range(30)))
    shown = board(anna)
    with CaptureQueriesContext(connection) as queries:
        answer = poll(anna, shown)
    assert (answer.board, len(queries)) == (None, 1)


def test_what_changed_comes_alone(anna: User, token: Token) -> None:
    named(token, "a", "b", "c")
    shown = board(anna)
    change(Machine.objects.get(name="b"), word="stopped")
    told = changed(poll(anna, shown))
    assert (told.whole, names(told), counts(told)["stopped"]) == (False, ["b"], 1)
    assert poll(anna, told).board is None


def test_the_newest_action_of_each_machine_costs_no_query_of_its_own(anna: User, token: Token) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            board(anna)
        return len(queries)

    give_action(give_machine(token), anna)
    asked()  # which also writes who looks
    few = asked()
    for state in ("sent", "succeeded", "unknown", "failed"):
        give_action(give_machine(token), anna, state=state)
    assert asked() == few


def test_a_page_is_told_whether_machines_move_because_of_this_person(
    anna: User, ben: User, token: Token
) -> None:
    mine, his = give_machine(token), give_machine(token)
    give_action(his, ben)
    assert not board(anna).own_moving
    give_action(mine, anna)
    assert board(anna).own_moving
    give_action(mine, anna, observed="reached", observed_at=NOW)
    assert not board(anna).own_moving


def test_the_end_of_an_actions_hour_of_trouble_is_noticed_and_turns_its_card(
    anna: User, token: Token
) -> None:
    named(token, "calm", "long", "short")
    began = {
        name: timezone.now() - timedelta(minutes=minutes) for name, minutes in (("short", 61), ("long", 30))
    }
    for name, at in began.items():
        failed = {"observed": "not_reached", "observed_at": at}
        give_action(Machine.objects.get(name=name), anna, "stop", **failed)
    shown = board(anna)
    assert counts(shown)["problems"] == 1
    two_minutes_ago = f"{shown.version.rpartition('-')[0]}-{in_microseconds(began['short'])}"
    told = changed(poll_board(anna, View(), two_minutes_ago, shown.late))
    assert (told.whole, names(told), counts(told)["problems"]) == (False, ["short"], 1)
    assert [card.word for card in cards(told)] == ["Running"]
    assert poll(anna, told).board is None


def test_what_came_or_went_brings_the_whole_board(anna: User, token: Token) -> None:
    named(token, "a", "b")
    shown = board(anna)
    named(token, "c")
    told = changed(poll(anna, shown))
    assert (told.whole, names(told)) == (True, ["a", "b", "c"])
    Machine.objects.get(name="a").delete()
    told = changed(poll(anna, told))
    assert (told.whole, names(told)) == (True, ["b", "c"])


def test_one_that_came_as_another_went_is_noticed(anna: User, token: Token) -> None:
    named(token, "a", "b")
    shown = board(anna)
    Machine.objects.get(name="a").delete()
    named(token, "c")
    assert changed(poll(anna, shown)).whole


@pytest.mark.parametrize(
    "version",
    [
        "",
        "x",
        "-",
        "1-2",
        "9" * 30,
        "١-1-1-1-0",
        "-1-1-1-1",
        "1--1-1-0",
        "0x1-1-1-0-0",
        f"1-1-1-0-{'9' * 18}",
        "~",
    ],
)
def test_a_version_that_is_none_brings_the_whole_board(anna: User, token: Token, version: str) -> None:
    named(token, "a")
    answer = poll_board(anna, View(), version, False)
    assert changed(answer).whole


def test_a_collector_that_falls_behind_changes_every_card_and_back(anna: User, token: Token) -> None:
    named(token, "a", "b")
    shown = board(anna)
    Status.objects.update(late_at=NOW - timedelta(seconds=1))
    late = changed(poll(anna, shown))
    assert (late.late, late.whole) == (True, True)
    assert {card.word for card in cards(late)} == {"Was running"}
    assert poll(anna, late).board is None
    Status.objects.update(late_at=timezone.now() + timedelta(minutes=1))
    again = changed(poll(anna, late))
    assert {card.word for card in cards(again)} == {"Running"}


def test_every_poll_tells_how_overdue_the_oldest_check_is(anna: User, token: Token) -> None:
    give_machine(token)
    give_machine(
        token, due_at=timezone.now() - timedelta(seconds=75), late_at=timezone.now() + timedelta(hours=1)
    )
    shown = board(anna)
    answer = poll(anna, shown)
    assert answer.board is None
    assert 75 <= answer.overdue < 80
    assert shown.heard.overdue >= 75


def test_an_early_check_is_not_overdue(anna: User, token: Token) -> None:
    give_machine(token)
    assert poll(anna, board(anna)).overdue == 0


def test_changes_of_other_peoples_machines_bring_nothing(anna: User, ben: User, token: Token) -> None:
    named(token, "mine")
    his = give_machine(give_token(ben))
    shown = board(anna)
    change(his, word="stopped")
    assert poll(anna, shown).board is None


def test_a_refusal_turns_the_card_at_the_next_poll(anna: User, token: Token) -> None:
    give_machine(token)
    shown = board(anna)
    refusals.refuse_token(token.pk, bytes(token.sealed), NOW, "No.")
    (card,) = cards(changed(poll(anna, shown)))
    assert card.state == "refused"


def test_one_bad_machine_hides_no_other(anna: User, token: Token) -> None:
    named(token, "good")
    give_machine(
        token,
        machine={"name": "\ufffd" * 200, "ipv6": "x" * 64},
        word="\ufffd" * 64,
        problem="unreadable",
        spark=[None] * 20,
        said="%s {0} {{ x }}" * 20,
        **dict.fromkeys(("booted_at", "cpu", "memory", "disk", "since")),
    )
    assert len(cards(board(anna))) == 2


# What the board says of the collector -----------------------------------------------------------------


def test_it_tells_how_often_it_asks_and_how_many_answered(anna: User, token: Token) -> None:
    give_machine(token, interval=30)
    give_machine(token, problem="unreachable", interval=20)
    give_machine(token, interval=300, access={"refused_at": NOW})
    told = board(anna).heard
    assert (told.interval, told.wanted, told.answered, told.machines) == (30, 10, 1, 3)
