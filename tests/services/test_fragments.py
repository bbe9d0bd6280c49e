"""Drawn cards are shared by those who may see the same, and by nobody else."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache.backends.locmem import LocMemCache
from django.utils import timezone, translation

from tests.rows import give_access, give_action, give_machine, give_token
from tests.services.board_kit import board, change
from vps.models import Machine, PowerAction, Status, Token
from vps.services import fragments, refusals
from vps.services.board import Board

NOW = timezone.now()
OLD = NOW - timedelta(hours=3)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names on the cards that were drawn, and not found drawn."""
    names: list[str] = []
    draw = fragments.draw

    def note(card: Any, view: Any) -> Any:
        names.append(card.name)
        return draw(card, view)

    monkeypatch.setattr(fragments, "draw", note)
    return names


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    def set_to(at: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: at)

    return set_to


@pytest.fixture
def annas(anna: User) -> Token:
    return give_token(anna)


@pytest.fixture
def bens(ben: User) -> Token:
    return give_token(ben)


@pytest.fixture
def machine(annas: Token, bens: Token) -> Machine:
    """Both people's tokens read it."""
    made = give_machine(annas, machine={"name": "web-01"})
    give_access(bens, made)
    return made


def html(shown: Board) -> str:
    return "".join(face.html for group in shown.groups for face in group.cards)


def looked(first: str, *people: User) -> dict[str, str]:
    """What each of them sees, that one first."""
    ordered = sorted(people, key=lambda person: person.username != first)
    return {person.username: html(board(person)) for person in ordered}


def test_a_card_is_drawn_once_for_all_who_see_it(
    anna: User, ben: User, machine: Machine, drawn: list[str]
) -> None:
    first = html(board(anna))
    assert html(board(anna)) == first == html(board(ben))
    assert drawn == ["web-01"]
    change(machine, cpu=95)
    assert "95 %" in html(board(ben))
    assert drawn == ["web-01"] * 2


def test_each_look_has_a_drawing_of_its_own(anna: User, machine: Machine, drawn: list[str]) -> None:
    looks = [html(board(anna)), html(board(anna, view="table")), html(board(anna, select=1))]
    with translation.override("de"):
        html(board(anna))
    Status.objects.update(late_at=NOW - timedelta(hours=1))
    looks.append(html(board(anna)))
    assert (len(set(looks)), len(drawn)) == (4, 5)
    assert "Was running" in looks[-1]


@pytest.mark.parametrize("first", ["anna", "ben"])
def test_the_providers_words_stay_with_those_to_whom_they_were_said(
    anna: User, ben: User, annas: Token, machine: Machine, first: str
) -> None:
    change(machine, problem="unreachable", said="annas key alice-7", said_to=annas.pk, since=OLD)
    pages = looked(first, anna, ben)
    assert ("alice-7" in pages["anna"], "alice-7" in pages["ben"]) == (True, False)


@pytest.mark.parametrize("first", ["anna", "ben"])
def test_whose_token_is_refused_sees_no_drawing_of_what_was_heard_later(
    anna: User, ben: User, bens: Token, machine: Machine, first: str
) -> None:
    bens.refused_at = OLD
    bens.save(update_fields=["refused_at"])
    pages = looked(first, anna, ben)
    assert "15 %" in pages["anna"]
    assert "15 %" not in pages["ben"]
    assert "Token refused" in pages["ben"]


def test_a_token_that_is_refused_meanwhile_changes_its_owners_card_alone(
    anna: User, ben: User, bens: Token, machine: Machine
) -> None:
    assert "Running" in html(board(ben))
    refusals.refuse_token(bens.pk, bytes(bens.sealed), timezone.now(), "no")
    assert "Token refused" in html(board(ben))
    assert "Running" in html(board(anna))


@pytest.mark.parametrize("action", [{}, {"observed": "not_reached", "observed_at": NOW}])
def test_what_is_told_of_an_action_is_drawn_for_each_moment(
    anna: User, machine: Machine, drawn: list[str], action: dict[str, Any]
) -> None:
    give_action(machine, anna, **action)
    html(board(anna))
    html(board(anna))
    assert len(drawn) == 2


def test_a_kept_card_is_drawn_anew_when_its_words_for_a_moment_are_others(
    anna: User, machine: Machine, drawn: list[str], clock: Callable[[datetime], None]
) -> None:
    booted = NOW - timedelta(minutes=10, seconds=50)
    Status.objects.update(booted_at=booted, checked_at=NOW, late_at=NOW + timedelta(days=9))
    told = []
    for seconds in (0, 9, 11):
        clock(NOW + timedelta(seconds=seconds))
        told.append("up 11 min" in html(board(anna)))
    assert (told, len(drawn)) == ([False, False, True], 2)


def test_what_changes_while_the_page_is_made_is_not_kept_under_its_old_revision(
    anna: User, ben: User, machine: Machine, drawn: list[str]
) -> None:
    asked, same = board(anna), board(ben)
    change(machine, cpu=95)
    assert "95 %" in html(asked)
    html(same)
    assert len(drawn) == 2


class Dead(LocMemCache):
    def get_many(self, *_given: Any, **_more: Any) -> Any:
        raise ConnectionError

    set_many = get_many


def test_without_the_cache_the_page_is_there_all_the_same(
    anna: User, machine: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fragments, "caches", {"fragments": Dead("dead", {})})
    assert "web-01" in html(board(anna))
    assert "cannot be read" in caplog.text
    assert "cannot be written" in caplog.text


# Everything that a card depends on -------------------------------------------------------------------


def deeds(rnd: random.Random, machine: Machine, people: list[User]) -> list[Callable[[], object]]:
    """What may happen to a machine's card, each as the product writes it."""
    tokens = list(Token.objects.all())
    token, person = rnd.choice(tokens), rnd.choice(people)
    heard = NOW - timedelta(seconds=rnd.randrange(1, 9000))
    problem = rnd.choice(Status.Problem.values)
    said: dict[str, Any] = rnd.choice(
        [{"said": "", "said_to": None}, {"said": f"to {token.pk}", "said_to": token.pk}]
    )
    action: dict[str, Any] = {
        "state": rnd.choice(["sent", "succeeded", "unknown"]),
        "observed": rnd.choice(PowerAction.Observed.values),
        "observed_at": NOW - timedelta(minutes=rnd.choice([1, 61])),
    }

    def describe() -> None:
        Machine.objects.update(name=f"web-{rnd.random()}", described_at=heard, missed=rnd.randrange(3))
        change(machine)

    def forget_actions() -> None:
        change(machine, last_action=None)

    def act() -> None:
        PowerAction.objects.all().delete()
        give_action(machine, person, **action)
        change(machine)

    return [
        lambda: change(machine, word=rnd.choice(["running", "stopped", "paused"]), heard_at=heard),
        lambda: change(machine, problem=problem, reason=rnd.choice(["", "timeout"]), since=heard, **said),
        lambda: Status.objects.update(heard_at=heard, checked_at=heard),  # a quiet check writes no revision
        lambda: change(
            machine, cpu=rnd.choice([None, 5, 90]), spark=[rnd.randrange(100)] * 3, booted_at=heard
        ),
        lambda: Status.objects.update(late_at=NOW + timedelta(minutes=rnd.choice([-5, 5]))),
        lambda: refusals.refuse_access(rnd.choice(machine.accesses.all()).pk, heard, "no"),
        lambda: refusals.refuse_token(token.pk, bytes(token.sealed), heard, "no"),
        lambda: [refusals.accept_token(one.pk, NOW) for one in tokens],
        lambda: [refusals.accept(one.token_id, one.pk, NOW) for one in machine.accesses.all()],
        describe,
        forget_actions,
        act,
    ]


def test_after_whatever_happened_a_kept_card_is_the_one_that_would_be_drawn(
    anna: User, ben: User, machine: Machine, clock: Callable[[datetime], None]
) -> None:
    clock(NOW)
    rnd, people = random.Random(4), [anna, ben]
    give_access(give_token(ben), machine)
    for _step in range(80):
        rnd.choice(deeds(rnd, machine, people))()
        look: dict[str, Any] = {"view": rnd.choice(["cards", "table"]), "select": rnd.randrange(2)}
        rnd.shuffle(people)
        kept = [html(board(person, **look)) for person in people]
        for person, found in zip(people, kept, strict=True):
            assert found == uncached(person, look)


def uncached(person: User, look: dict[str, Any]) -> str:
    empty = LocMemCache("empty", {})
    empty.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fragments, "caches", {"fragments": empty})
        return html(board(person, **look))
