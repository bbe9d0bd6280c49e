"""The board: counts, filters, search, groups and order."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.rows import give_access, give_action, give_machine, give_token
from tests.services.board_kit import (
    NOW,
    board,
    cards,
    counts,
    many_machines,
    named,
    names,
)
from vps.models import Status, Token
from vps.services.board import read_view, show_board

NEVER: dict[str, Any] = {"heard_at": None, "checked_at": None, "word": "", "since": None}
FAILED: dict[str, Any] = {"observed": "not_reached", "observed_at": NOW - timedelta(minutes=30)}


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna, "Mine")


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
    give_action(give_machine(token, machine={"name": "moves"}), token.owner, "stop")
    give_action(give_machine(token, machine={"name": "stuck"}), token.owner, "stop", **FAILED)


@pytest.mark.usefixtures("fleet")
def test_every_machine_is_counted_where_it_belongs(anna: User) -> None:
    told = counts(board(anna))
    assert told == {"": 8, "problems": 3, "changing": 1, "running": 1, "stopped": 1, "unseen": 1}
    assert board(anna).problems == 3


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("show", "found"),
    [
        ("", ["dead", "shut", "stuck", "moves", "odd", "new", "off", "runs"]),
        ("problems", ["dead", "shut", "stuck"]),
        ("changing", ["moves"]),
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


def test_a_machine_that_moves_while_something_is_the_matter_is_a_problem_only(
    anna: User, token: Token
) -> None:
    for fields in ({"problem": "unreachable"}, {"late_at": NOW - timedelta(seconds=1)}):
        give_action(give_machine(token, **fields), anna)
    told = counts(board(anna, show="problems"))
    assert (told["problems"], told["changing"]) == (2, 0)


def test_an_action_without_end_is_no_trouble_after_an_hour(anna: User, token: Token) -> None:
    old: dict[str, Any] = {"observed": "not_reached", "observed_at": NOW - timedelta(minutes=61)}
    give_action(give_machine(token), anna, **old)
    assert counts(board(anna))["problems"] == 0
    assert counts(board(anna))["running"] == 1


def test_a_late_machine_is_a_problem(anna: User, token: Token) -> None:
    give_machine(token, late_at=NOW - timedelta(seconds=1))
    assert counts(board(anna))["problems"] == 1


@pytest.mark.usefixtures("fleet")
def test_with_a_late_collector_every_machine_is_a_problem_and_none_runs(anna: User) -> None:
    Status.objects.filter(machine__name="off").update(late_at=NOW - timedelta(seconds=1))
    shown = board(anna)
    assert counts(shown) == {"": 8, "problems": 8, "changing": 0, "running": 0, "stopped": 0, "unseen": 0}
    assert (shown.problems, [group.problems for group in shown.groups]) == (8, [8])
    assert names(board(anna, show="problems")) == names(shown)
    assert board(anna, show="running").empty == "no_match"


@pytest.mark.parametrize(
    ("problem", "silent"), [("unreachable", True), ("gone", True), ("", False)], ids=["dead", "gone", "well"]
)
def test_it_says_when_the_provider_answers_for_no_machine(
    anna: User, token: Token, problem: str, silent: bool
) -> None:
    assert not board(anna).heard.silent
    give_machine(token, **NEVER)
    assert not board(anna).heard.silent, "nothing was asked yet"
    give_machine(token, problem=problem)
    assert board(anna).heard.silent is silent


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
    give_action(give_machine(token, machine={"project": "prj-c"}), anna)
    told = [(group.title, group.machines, group.problems, group.changing) for group in board(anna).groups]
    assert told == [("prj-b", 2, 1, 0), ("prj-a", 1, 0, 0), ("prj-c", 2, 0, 1)]


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
def many(token: Token) -> None:
    many_machines(token)


def test_of_many_500_are_shown_and_a_link_shows_more(anna: User, many: None) -> None:
    shown = board(anna)
    assert (shown.shown, shown.total, shown.more_href) == (500, 520, "?more=1000")
    more = show_board(anna, read_view({"more": "1000"}))
    assert (more.shown, more.more_href) == (520, "")
    assert [card.id for card in cards(more)][:500] == [card.id for card in cards(shown)]
