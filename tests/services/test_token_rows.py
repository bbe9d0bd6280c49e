"""One's tokens as the pages show them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.rows import give_machine, give_token
from vps.models import Ability, Token, TokenProject
from vps.services.token_rows import TokenRow, get_token, list_tokens

NOW = timezone.now()


def with_projects(token: Token, *hows: tuple[str, str]) -> TokenRow:
    for number, (how, problem) in enumerate(hows):
        TokenProject.objects.create(
            token=token, project=f"prj-{number}", how=how, problem=problem, said="Hm.", checked_at=NOW
        )
    return get_token(token.owner, token.pk)


def test_tokens_come_in_the_order_in_which_they_were_added(anna: User) -> None:
    for minutes, name in enumerate(("ca", "ab", "bc")):
        give_token(anna, name, added_at=NOW + timedelta(minutes=minutes))
    assert [row.name for row in list_tokens(anna)] == ["ca", "ab", "bc"]


def test_nothing_of_the_secret_is_in_a_row(anna: User) -> None:
    token = give_token(anna, secret="key_that_must_stay_hidden")
    assert "key_that_must_stay_hidden" not in repr(list_tokens(anna))
    assert repr(bytes(token.sealed)) not in repr(list_tokens(anna))


def test_machines_are_counted_for_each_project_and_in_all(anna: User) -> None:
    token = give_token(anna)
    for project in ("prj-0", "prj-0", "prj-1"):
        give_machine(token, machine={"project": project})
    row = with_projects(token, ("listed", ""), ("hand", "not_allowed"), ("refused", "not_found"))
    assert [project.machines for project in row.projects] == [2, 1, 0]
    assert row.machines == 3


@pytest.mark.parametrize(
    ("how", "problem", "tone", "word"),
    [
        ("listed", "", "ok", "Listed"),
        ("hand", "", "ok", "Machines named by hand"),
        ("hand", "not_allowed", "ok", "Machines named by hand"),
        ("refused", "not_allowed", "bad", "The listing is refused"),
        ("refused", "not_found", "bad", "The listing is refused"),
        ("refused", "token_refused", "bad", "Refused"),
        ("listed", "rate_limited", "bad", "Rate limited"),
        ("listed", "unreachable", "bad", "Not reached"),
        ("listed", "bad_reply", "bad", "Unreadable answer"),
        ("listed", "refused", "bad", "Unreadable answer"),
    ],
)
def test_a_project_says_how_its_machines_are_known_or_why_not(
    anna: User, how: str, problem: str, tone: str, word: str
) -> None:
    (project,) = with_projects(give_token(anna), (how, problem)).projects
    assert (project.tone, project.word) == (tone, word)
    assert project.said == ("" if how == "hand" else "Hm.")  # there the refused listing is no news


@pytest.mark.parametrize(
    ("hows", "tone", "word"),
    [
        ([], "ok", "Good"),
        ([("listed", ""), ("hand", "not_allowed")], "ok", "Good"),
        ([("listed", ""), ("refused", "not_found")], "late", "1 of 2 projects answer"),
        ([("listed", "unreachable")], "bad", "Not reached"),
    ],
)
def test_a_token_is_as_good_as_its_projects(
    anna: User, hows: list[tuple[str, str]], tone: str, word: str
) -> None:
    row = with_projects(give_token(anna), *hows)
    assert (row.tone, row.word, row.sentence) == (tone, word, "")


def test_a_refused_token_says_why_whatever_its_projects_say(anna: User) -> None:
    token = give_token(anna, refused_at=NOW, said="Expired <yesterday>")
    row = with_projects(token, ("listed", ""))
    assert (row.tone, row.word) == ("bad", "Refused")
    assert row.sentence.startswith("Refused since <time")
    assert row.sentence.endswith("It said: “Expired &lt;yesterday&gt;”. Replace it.")


def test_a_refusal_without_a_word_is_told_all_the_same(anna: User) -> None:
    assert "Refused since" in with_projects(give_token(anna, refused_at=NOW)).sentence


def test_abilities_say_what_was_seen_and_since_when(anna: User) -> None:
    token = give_token(anna)
    Ability.objects.create(token=token, operation="read", allowed=True, since=NOW)
    Ability.objects.create(token=token, operation="power", allowed=False, since=NOW, said="No permission")
    told = [(row.word, row.label, row.since, row.said) for row in get_token(anna, token.pk).abilities]
    assert told == [
        ("Read", "Allowed", NOW, ""),
        ("Power", "Refused", NOW, "No permission"),
        ("Console", "Not tried", None, ""),
    ]


def queries(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as made:
        work()
    return len(made)


def test_twenty_tokens_are_listed_with_as_few_queries_as_two(anna: User) -> None:
    tokens = [give_token(anna) for _turn in range(2)]
    for token in tokens:
        give_machine(token)
        with_projects(token, ("listed", ""))
    two = queries(lambda: list_tokens(anna))
    for _turn in range(18):
        token = give_token(anna)
        give_machine(token)
        with_projects(token, ("listed", ""))
    assert queries(lambda: list_tokens(anna)) == two <= 4
    assert len(list_tokens(anna)) == 20
    assert queries(lambda: get_token(anna, token.pk)) <= 5


def test_one_token_is_read_without_the_others(anna: User) -> None:
    wanted, _other = give_token(anna), give_token(anna, "The other one")
    with CaptureQueriesContext(connection) as made:
        get_token(anna, wanted.pk)
    assert all(wanted.pk.hex in query["sql"].replace("-", "") for query in made)


def test_machines_of_another_token_are_not_counted(anna: User) -> None:
    mine, other = give_token(anna), give_token(anna)
    give_machine(other, machine={"project": "prj-0"})
    with_projects(mine, ("listed", ""))
    assert {row.id: row.machines for row in list_tokens(anna)} == {mine.pk: 0, other.pk: 1}


@pytest.mark.parametrize(("minutes", "expired"), [(40, False), (-3, True)])
def test_a_token_that_says_it_is_over_is_told_apart(anna: User, minutes: int, expired: bool) -> None:
    token = give_token(anna, expires_at=timezone.now() + timedelta(minutes=minutes))
    assert get_token(anna, token.pk).expired is expired


def test_a_stranger_has_none_of_them(anna: User, ben: User) -> None:
    give_token(anna)
    assert list_tokens(ben) == ()
