"""A card never lies: it shows the last thing heard, says when that is old, and never a zero for what is not known."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.rows import give_access, give_machine, give_token
from vps.access import visible_machines
from vps.models import Machine, Status, Token
from vps.services.cards import Card, show_card, spark_path

NOW = timezone.now()
BEFORE = NOW - timedelta(minutes=10)
LONG_AGO = NOW - timedelta(days=2)


def card_of(user: User, late: bool = False) -> Card:
    return show_card(visible_machines(user).select_related("status").get(), late)


def card(user: User, late: bool = False, machine: dict[str, Any] | None = None, **status: Any) -> Card:
    """What the provider said, it said to this person's token."""
    token = give_token(user)
    give_machine(token, machine=machine, **{"said_to": token.pk, **status})
    return card_of(user, late)


def test_running(anna: User) -> None:
    shown = card(anna, booted_at=LONG_AGO)
    assert (shown.state, shown.word, shown.tone, shown.stale) == ("running", "Running", "ok", False)
    assert (shown.cpu, shown.memory, shown.disk) == (15, 50, 20)
    assert shown.side is not None
    assert (shown.side.kind, shown.side.at) == ("up", LONG_AGO)
    assert shown.sentence == ""


def test_stopped(anna: User) -> None:
    shown = card(anna, word="stopped", booted_at=None, cpu=None, memory=None, since=BEFORE)
    assert (shown.state, shown.word, shown.tone) == ("stopped", "Stopped", "off")
    assert (shown.cpu, shown.memory, shown.disk) == (None, None, 20)
    assert shown.side is not None
    assert (shown.side.kind, shown.side.at) == ("for", BEFORE)


def test_not_seen_yet(anna: User) -> None:
    unheard: dict[str, Any] = dict.fromkeys(
        ("heard_at", "checked_at", "since", "booted_at", "cpu", "memory", "disk")
    )
    shown = card(anna, word="", **unheard)
    assert (shown.state, shown.word, shown.tone) == ("unseen", "Not seen yet", "off")
    assert (shown.cpu, shown.memory, shown.disk, shown.spark) == (None, None, None, "")
    assert shown.sentence == "Its first answer comes within 10 s."
    assert shown.side is not None
    assert shown.side.kind == "added"


@pytest.mark.parametrize("word", ["migrating", "Running", "refused", "unseen", "gone", "%(word)s", "{0}"])
def test_a_word_that_we_do_not_know_is_shown_as_it_came(anna: User, word: str) -> None:
    shown = card(anna, word=word)
    assert (shown.state, shown.word, shown.tone, shown.stale) == ("unknown", f"“{word}”", "late", False)
    assert "The provider's own word" in shown.sentence.replace("&#x27;", "'")


@pytest.mark.parametrize(
    ("problem", "word", "tone", "said"),
    [
        ("unreachable", "API unreachable", "bad", "The provider has told nothing since"),
        ("refused", "Token refused", "bad", "The provider has refused the token since"),
        ("limited", "Rate limited", "late", "The provider wants fewer calls with this token."),
        ("unreadable", "Unreadable answer", "bad", "the provider's answers have made no sense."),
        ("gone", "Gone", "late", "The provider has not known it since"),
    ],
)
def test_a_problem_greys_what_was_heard_and_says_how_old_it_is(
    anna: User, problem: str, word: str, tone: str, said: str
) -> None:
    shown = card(anna, problem=problem, reason="timeout", said="No <b>way</b>", heard_at=BEFORE, since=NOW)
    assert (shown.state, shown.word, shown.tone, shown.stale) == (problem, word, tone, True)
    assert said in shown.sentence.replace("&#x27;", "'")
    assert "“No &lt;b&gt;way&lt;/b&gt;”" in shown.sentence
    assert (shown.cpu, shown.memory, shown.disk) == (15, 50, 20)
    assert shown.side is not None
    assert (shown.side.kind, shown.side.at) == ("old", BEFORE)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("timeout", "it did not answer in time"),
        ("refused", "it refused the connection"),
        ("reset", "it broke the connection off"),
        ("dns", "its name was not found"),
        ("tls", "its certificate or encryption was not accepted"),
        ("server_error", "it answered with a failure of its own"),
        ("of a later version", "no usable answer came"),
    ],
)
def test_unreachable_says_why(anna: User, reason: str, told: str) -> None:
    assert told in card(anna, problem="unreachable", reason=reason).sentence


def test_a_seal_that_does_not_open_is_not_blamed_on_the_provider(anna: User) -> None:
    shown = card(anna, problem="refused", reason="seal", said="A stored token was changed: it does not open.")
    assert shown.sentence == "A stored token was changed: it does not open. Replace it."


def test_a_problem_before_the_first_answer_has_no_figures_and_no_age(anna: User) -> None:
    shown = card(anna, problem="unreachable", heard_at=None, cpu=None, memory=None, disk=None)
    assert (shown.state, shown.side, shown.cpu) == ("unreachable", None, None)


def test_with_a_late_collector_nothing_is_green(anna: User) -> None:
    shown = card(anna, late=True, heard_at=BEFORE)
    assert (shown.word, shown.tone, shown.stale) == ("Was running", "off", True)
    assert shown.side is not None
    assert (shown.side.kind, shown.side.at) == ("old", BEFORE)


def test_a_figure_of_zero_is_zero_and_a_missing_one_is_none(anna: User) -> None:
    shown = card(anna, cpu=0, memory=None, disk=0)
    assert (shown.cpu, shown.memory, shown.disk) == (0, None, 0)


def test_a_machine_without_a_name_is_called_by_its_id(anna: User) -> None:
    assert card(anna, machine={"name": "", "product": "vm-x"}).name == "vm-x"


@pytest.mark.parametrize(
    ("ipv4", "ipv6", "address"),
    [("192.0.2.1", "2001:db8::1/64", "192.0.2.1"), ("", "2001:db8::1/64", "2001:db8::1"), ("", "", "")],
)
def test_the_address_is_one_that_can_be_used(anna: User, ipv4: str, ipv6: str, address: str) -> None:
    assert card(anna, machine={"ipv4": ipv4, "ipv6": ipv6}).address == address


# People whose token is refused -----------------------------------------------------------------------


def refused(user: User, other: User | None = None, whole: bool = True, **status: Any) -> Machine:
    """A machine whose reading is refused to this person since ten minutes; the other one's token still reads it."""
    at: dict[str, Any] = {"refused_at": BEFORE, "said": "Mine expired"}
    machine = give_machine(give_token(user, **(at if whole else {})), access={} if whole else at, **status)
    if other:
        give_access(give_token(other), machine)
    return machine


def test_what_another_persons_token_heard_later_is_not_on_the_card(anna: User, ben: User) -> None:
    refused(anna, ben, spark=[10, 20, 30])
    shown = card_of(anna)
    assert (shown.state, shown.word) == ("refused", "Token refused")
    assert (shown.cpu, shown.memory, shown.disk, shown.side) == (None, None, None, None)
    assert (shown.spark, shown.spark_label) == ("", "")
    assert "No token of yours reads this machine now." in shown.sentence
    assert card_of(ben).state == "running"


@pytest.mark.parametrize("whole", [True, False], ids=["the token is refused", "the machine is refused"])
@pytest.mark.parametrize("problem", ["unreachable", "limited", "unreadable", "gone", "refused"])
def test_nor_is_what_another_persons_token_failed_to_hear(
    anna: User, ben: User, whole: bool, problem: str
) -> None:
    refused(anna, ben, whole, problem=problem, said="Said to Ben", since=NOW, heard_at=BEFORE)
    Status.objects.update(said_to=Token.objects.get(owner=ben).pk)
    shown = card_of(anna)
    assert shown.state == "refused"
    assert "Said to Ben" not in shown.sentence
    assert "No token of yours reads this machine now." in shown.sentence
    assert "Said to Ben" in card_of(ben).sentence


def test_what_was_heard_before_the_refusal_stays_greyed(anna: User) -> None:
    refused(anna, heard_at=BEFORE, checked_at=BEFORE, problem="refused", said="Mine expired", since=BEFORE)
    Status.objects.update(said_to=Token.objects.get().pk)
    shown = card_of(anna)
    assert (shown.state, shown.stale, shown.cpu) == ("refused", True, 15)
    assert "It said: “Mine expired”. Replace it." in shown.sentence
    assert shown.side is not None
    assert (shown.side.kind, shown.side.at) == ("old", BEFORE)


def test_accepted_again_all_comes_back(anna: User, ben: User) -> None:
    refused(anna, ben)
    Token.objects.filter(owner=anna).update(refused_at=None)
    shown = card_of(anna)
    assert (shown.state, shown.cpu) == ("running", 15)


def test_refused_by_a_provider_that_lists_it_no_longer_it_is_gone(anna: User) -> None:
    machine = refused(anna, whole=False, problem="gone", said="Not allowed", reason="not_allowed", since=NOW)
    Machine.objects.filter(pk=machine.pk).update(missed=2)
    shown = card_of(anna)
    assert (shown.state, shown.word) == ("gone", "Gone")
    assert "The provider has not known it since" in shown.sentence


# Sparklines ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("points", [[], [None], [None, None]])
def test_there_is_no_line_where_nothing_was_heard(points: list[int | None]) -> None:
    assert spark_path(points) == ""


def test_no_line_leads_through_what_was_not_heard() -> None:
    path = spark_path([10, 20, None, 30, 40])
    assert [piece.startswith("M") and piece.endswith("V10") for piece in pieces(path)] == [True, True]


def pieces(path: str) -> list[str]:
    return [f"M{piece}" for piece in path.split("M")[1:]]


def moved(letter: str, told: list[int], x: int, y: int) -> tuple[int, int]:
    """Where the pen is after a command of an SVG path."""
    match letter:
        case "M":
            return told[0], told[1]
        case "V":
            return x, told[0]
    return x + told[0], y


@given(st.lists(st.none() | st.integers(0, 995), max_size=20))
def test_a_sparkline_stays_in_its_box_and_is_broken_at_each_gap(points: list[int | None]) -> None:
    path = spark_path(points)
    runs = sum(point is not None and (n == 0 or points[n - 1] is None) for n, point in enumerate(points))
    assert len(pieces(path)) == runs
    x, y = 0, 0
    for letter, numbers in re.findall(r"([MVh])([\d ]+)", path):
        told = [int(number) for number in numbers.split()]
        x, y = moved(letter, told, x, y)
        assert 0 <= x <= 20
        assert 0 <= y <= 10


def test_a_label_tells_the_range(anna: User) -> None:
    assert card(anna, spark=[5, None, 80, 40]).spark_label == "CPU in the last hour: 5 to 80 %"
