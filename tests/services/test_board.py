"""The board: counts, filters, search, groups, and what a poll brings."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.rows import give_access, give_machine, give_token, heard
from vps.models import Machine, Status, Token
from vps.services import refusals
from vps.services.board import Board, Poll, View, poll_board, read_view, show_board
from vps.services.cards import Card

NOW = timezone.now()
NEVER: dict[str, Any] = {"heard_at": None, "checked_at": None, "word": "", "since": None}


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna, "Mine")


def board(user: User, query: str = "", **view: str | int) -> Board:
    return show_board(user, View(q=query, **view))  # type: ignore[arg-type]


def cards(shown: Board) -> list[Card]:
    return [card for group in shown.groups for card in group.cards] or list(shown.cards)


def names(shown: Board) -> list[str]:
    return [card.name for card in cards(shown)]


def counts(shown: Board) -> dict[str, int]:
    return {tally.key: tally.n for tally in shown.counts}


def named(token: Token, *given: str, **fields: str) -> None:
    for name in given:
        give_machine(token, machine={"name": name, **fields})


def change(machine: Machine, **fields: object) -> None:
    """As a collector writes it: with the next revision."""
    Status.objects.filter(machine=machine).update(**fields)
    with transaction.atomic():
        refusals.touch_cards(machine.accesses.all())


def poll(user: User, shown: Board, **view: str | int) -> Poll:
    return poll_board(user, View(**view), shown.version, shown.late)  # type: ignore[arg-type]


def changed(answer: Poll) -> Board:
    assert answer.board is not None
    return answer.board


# Empty boards ----------------------------------------------------------------------------------------


def test_an_empty_board_says_why(anna: User) -> None:
    assert board(anna).empty == "first"
    token = give_token(anna)
    assert board(anna).empty == "no_machines"
    named(token, "web")
    assert board(anna).empty == ""
    assert board(anna, "of nobody").empty == board(anna, show="stopped").empty == "no_match"


# Counts and filters ----------------------------------------------------------------------------------


@pytest.fixture
def fleet(token: Token) -> None:
    give_machine(token, machine={"name": "runs"})
    give_machine(token, machine={"name": "off"}, word="stopped")
    give_machine(token, machine={"name": "new"}, **NEVER)
    give_machine(token, machine={"name": "odd"}, word="migrating")
    give_machine(token, machine={"name": "dead"}, problem="unreachable")
    give_machine(token, machine={"name": "shut"}, access={"refused_at": NOW})


@pytest.mark.usefixtures("fleet")
def test_every_machine_is_counted_where_it_belongs(anna: User) -> None:
    told = counts(board(anna))
    assert told == {"": 6, "problems": 2, "changing": 0, "running": 1, "stopped": 1, "unseen": 1}
    assert board(anna).problems == 2


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("show", "found"),
    [
        ("", ["dead", "shut", "new", "odd", "off", "runs"]),
        ("problems", ["dead", "shut"]),
        ("changing", []),
        ("running", ["runs"]),
        ("stopped", ["off"]),
        ("unseen", ["new"]),
    ],
)
def test_a_filter_shows_what_it_counts(anna: User, show: str, found: list[str]) -> None:
    shown = board(anna, show=show)
    assert (names(shown), shown.total, shown.shown) == (found, len(found), len(found))
    assert [tally.key for tally in shown.counts if tally.current] == [show]


@pytest.mark.usefixtures("fleet")
def test_counts_follow_the_search_and_keep_it_in_their_links(anna: User) -> None:
    shown = board(anna, "d")
    assert counts(shown)[""] == 2
    assert counts(shown)["problems"] == 1
    assert "q=d" in next(tally.href for tally in shown.counts if tally.key == "problems")


def test_a_late_machine_is_a_problem(anna: User, token: Token) -> None:
    give_machine(token, late_at=NOW - timedelta(seconds=1))
    assert counts(board(anna))["problems"] == 1


# Search ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["web", "WEB", "192.0.2", "db8::7", "prj-x", "vm-y", "web prj-x", "eb-0"])
def test_the_search_finds_names_addresses_and_ids(anna: User, token: Token, query: str) -> None:
    wanted = {"name": "web-01", "ipv4": "192.0.2.7", "ipv6": "2001:db8::7/64"}
    give_machine(token, machine={**wanted, "project": "prj-x", "product": "vm-y"})
    named(token, "other")
    assert names(board(anna, query)) == ["web-01"]


def test_every_word_of_the_search_must_be_found(anna: User, token: Token) -> None:
    named(token, "web x", "web y", "db x")
    assert names(board(anna, "x web")) == ["web x"]


@pytest.mark.parametrize(
    "sign", ["%", "_", "\\", "%%", "\\%", "'", '"', ";", "--", "*", "?", "[a]", "ä", "🦊"]
)
def test_signs_that_mean_something_elsewhere_are_searched_as_they_are(
    anna: User, token: Token, sign: str
) -> None:
    named(token, f"a{sign}b", "axb")
    assert names(board(anna, sign)) == [f"a{sign}b"]


@pytest.mark.parametrize(
    "query",
    ["' OR 1=1 --", "\x00", "%" * 200, "\\" * 199, "🦊" * 200, "a " * 100, "\u202e", "{{ 7 }}", "ſ", "İ"],
)
def test_a_hostile_search_finds_nothing_and_fails_nowhere(anna: User, token: Token, query: str) -> None:
    named(token, "web-01")
    view = read_view({"q": query})
    assert names(show_board(anna, view)) == ([] if view.q else ["web-01"])


# Groups and order ------------------------------------------------------------------------------------


def test_groups_by_project_begin_with_those_in_trouble(anna: User, token: Token) -> None:
    for project, problem in (("prj-a", ""), ("prj-b", ""), ("prj-b", "gone"), ("prj-c", "")):
        give_machine(token, machine={"project": project}, problem=problem)
    told = [(group.title, group.machines, group.problems) for group in board(anna).groups]
    assert told == [("prj-b", 2, 1), ("prj-a", 1, 0), ("prj-c", 1, 0)]


def test_groups_by_token_show_each_machine_once_under_the_oldest(anna: User, token: Token) -> None:
    other = give_token(anna, "Another")
    shared = give_machine(token)
    give_access(other, shared)
    give_machine(other)
    told = [(group.title, len(group.cards)) for group in board(anna, group="token").groups]
    assert told == [("Another", 1), ("Mine", 1)]


def test_without_groups_there_is_one_and_it_has_no_title(anna: User, token: Token) -> None:
    named(token, "a", "b")
    (group,) = board(anna, group="none").groups
    assert (group.title, group.machines, len(group.cards)) == ("", 2, 2)


def test_problems_come_first_and_then_names(anna: User, token: Token) -> None:
    named(token, "c", "a", "b")
    give_machine(token, machine={"name": "z"}, problem="limited")
    for _again in range(3):
        assert names(board(anna, group="none")) == ["z", "a", "b", "c"]


@pytest.fixture
def many(token: Token) -> Token:
    """520 machines of one name: the order must be stable all the same."""
    machines = Machine.objects.bulk_create(
        [Machine(project="prj-1", product=f"m{n}", name="same") for n in range(520)]
    )
    Status.objects.bulk_create([Status(machine=machine, **heard(timezone.now())) for machine in machines])
    for machine in machines:
        give_access(token, machine)
    return token


def test_of_many_500_are_shown_and_a_link_shows_more(anna: User, many: Token) -> None:
    shown = board(anna)
    assert (shown.shown, shown.total, shown.more_href) == (500, 520, "?more=1000")
    more = show_board(anna, read_view({"more": "1000"}))
    assert (more.shown, more.more_href) == (520, "")
    assert [card.id for card in cards(more)][:500] == [card.id for card in cards(shown)]


def test_more_changes_than_a_page_shows_bring_the_whole_page_so_that_no_card_on_it_stays_green(
    anna: User, many: Token
) -> None:
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


@pytest.mark.parametrize("version", ["", "x", "-", "1-2", "9" * 30, "١-1-1", "-1-1-1", "1--1-1", "0x1-1-1"])
def test_a_version_that_is_none_brings_the_whole_board(anna: User, token: Token, version: str) -> None:
    named(token, "a")
    answer = poll_board(anna, View(), version, False)
    assert changed(answer).whole


def test_a_collector_that_falls_behind_changes_every_card_and_back(anna: User, token: Token) -> None:
    named(token, "a", "b")
    shown = board(anna)
    Status.objects.update(late_at=NOW - timedelta(seconds=1))
    late = changed(poll(anna, shown))
    assert (late.late, late.whole) == (True, False)
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
