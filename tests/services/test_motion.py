"""What a card says of the newest power action: while it is under way, and after it did not do what it should."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.rows import give_access, give_action, give_machine, give_token
from vps.access import visible_machines
from vps.models import Machine
from vps.services.cards import Card, show_card

pytestmark = pytest.mark.django_db
NOW = timezone.now()
AGO = NOW - timedelta(seconds=14)
OVER: dict[str, Any] = {
    "requested_at": NOW - timedelta(minutes=6),
    "sent_at": NOW - timedelta(minutes=6),
    "observed_at": NOW - timedelta(minutes=4),
}
NOT_REACHED: dict[str, Any] = {"observed": "not_reached", **OVER}
UNCLEAR: dict[str, Any] = {"state": "unknown", "observed": "not_seen", **OVER}


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still, so that what is told of it does not depend on when the test has its turn."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def machine(anna: User) -> Machine:
    return give_machine(give_token(anna))


def card_of(user: User, late: bool = False) -> Card:
    return show_card(visible_machines(user).select_related("status__last_action").get(), late, NOW)


def acted(machine: Machine, person: User, command: str, status: dict[str, Any], **action: Any) -> Card:
    type(machine.status).objects.filter(machine=machine).update(**status)
    give_action(machine, person, command, **{"requested_at": AGO, "sent_at": AGO, **action})
    return card_of(person)


def said(card: Card) -> str:
    """The sentence without its marks."""
    return re.sub(r"<[^>]+>", "", card.sentence)


# While it is under way --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "reported", "state", "word", "told"),
    [
        ("start", "stopped", "starting", "Starting", "anna pressed Start 14 s ago. Reported stopped."),
        (
            "stop",
            "running",
            "stopping",
            "Shutting down",
            "anna pressed Shut down 14 s ago. Reported running.",
        ),
        ("reboot", "running", "rebooting", "Rebooting", "anna pressed Reboot 14 s ago. Reported running."),
        ("kill", "odd", "killing", "Force stopping", "anna pressed Force stop 14 s ago. Reported “odd”."),
    ],
)
def test_what_moves_says_who_pressed_what_and_what_is_reported(
    machine: Machine, anna: User, command: str, reported: str, state: str, word: str, told: str
) -> None:
    card = acted(machine, anna, command, {"word": reported})
    assert (card.state, card.word, card.tone, card.watched) == (state, word, "busy", 14)
    assert re.sub(r"\d+ s ago", "14 s ago", said(card)) == told
    assert card.side is not None
    assert (card.side.kind, card.side.at, card.stale) == ("for", AGO, False)


@pytest.mark.parametrize("state", ["requested", "sent"])
def test_before_the_provider_answers_it_says_that_it_is_asked(
    machine: Machine, anna: User, state: str
) -> None:
    card = acted(machine, anna, "stop", {}, state=state)
    assert (card.word, card.tone) == ("Shutting down", "busy")
    assert said(card).endswith("ago. The provider is asked. Reported running.")


def test_of_what_may_not_have_been_done_it_says_so_while_it_is_watched(machine: Machine, anna: User) -> None:
    card = acted(machine, anna, "stop", {}, state="unknown")
    assert card.word == "Shutting down"
    assert said(card).endswith("Nobody knows whether it was done. Reported running.")


def test_a_watch_is_never_longer_than_90_seconds(machine: Machine, anna: User) -> None:
    long_ago = NOW - timedelta(seconds=200)
    assert acted(machine, anna, "stop", {}, requested_at=long_ago).watched == 90


def test_everybody_who_sees_the_machine_sees_who_pressed(machine: Machine, anna: User, ben: User) -> None:
    acted(machine, anna, "stop", {})
    give_access(give_token(ben), machine)
    assert said(card_of(ben)).startswith("anna pressed Shut down")


def test_a_name_is_only_text(machine: Machine, anna: User) -> None:
    card = acted(machine, anna, "stop", {"word": "<i>"}, person_name="<b>a</b>")
    assert "&lt;b&gt;a&lt;/b&gt; pressed" in card.sentence
    assert "&lt;i&gt;" in card.sentence


@pytest.mark.parametrize("action", [{}, NOT_REACHED, UNCLEAR])
def test_who_is_refused_learns_nothing_of_it(
    machine: Machine, anna: User, ben: User, action: dict[str, Any]
) -> None:
    refused = NOW - timedelta(minutes=10)
    give_access(give_token(ben, refused_at=refused), machine)
    acted(machine, anna, "stop", {}, **action)
    card = card_of(ben)
    assert (card.state, card.watched) == ("refused", None)
    assert "anna" not in card.sentence


def test_a_problem_is_shown_before_the_action_and_both_are_told(machine: Machine, anna: User) -> None:
    card = acted(machine, anna, "stop", {"problem": "unreachable", "reason": "timeout", "since": NOW})
    assert (card.state, card.tone, card.watched, card.stale) == ("unreachable", "bad", None, True)
    assert re.match(r"anna pressed Shut down \d+ s ago. The provider has told nothing since", said(card))


def test_with_a_late_collector_nothing_is_watched(machine: Machine, anna: User) -> None:
    acted(machine, anna, "stop", {})
    card = card_of(anna, late=True)
    assert (card.word, card.tone, card.stale, card.watched) == ("Shutting down", "busy", True, None)


# Afterwards -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["succeeded", "unknown"])
def test_what_was_reached_looks_as_ever(machine: Machine, anna: User, state: str) -> None:
    card = acted(machine, anna, "reboot", {}, state=state, observed="reached", observed_at=NOW)
    assert (card.state, card.word, card.tone, card.sentence) == ("running", "Running", "ok", "")


def test_what_was_refused_looks_as_ever(machine: Machine, anna: User) -> None:
    card = acted(machine, anna, "reboot", {}, state="failed", observed="")
    assert (card.state, card.sentence) == ("running", "")


@pytest.mark.parametrize(
    ("command", "reported", "word"),
    [
        ("start", "stopped", "Not started"),
        ("stop", "running", "Not shut down"),
        ("reboot", "running", "Not rebooted"),
        ("reboot", "stopped", "Not rebooted"),
        ("kill", "running", "Not stopped"),
    ],
)
def test_what_was_not_reached_is_red_and_says_what_to_do(
    machine: Machine, anna: User, command: str, reported: str, word: str
) -> None:
    card = acted(machine, anna, command, {"word": reported}, **NOT_REACHED)
    assert (card.state, card.word, card.tone) == ("missed", word, "bad")
    assert re.search(
        rf"pressed .* 6 min ago. It did not happen within 90 s. Reported {reported}. Look at its console.$",
        said(card),
    )


def test_what_nobody_knows_is_amber_and_says_what_to_do(machine: Machine, anna: User) -> None:
    card = acted(machine, anna, "reboot", {}, **UNCLEAR)
    assert (card.state, card.word, card.tone) == ("unclear", "Outcome unknown", "late")
    assert said(card).endswith("Nobody knows whether it was done. Look at it before you press again.")


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("start", {"word": "running"}),
        ("stop", {"word": "stopped"}),
        ("reboot", {"booted_at": NOW - timedelta(minutes=3)}),
    ],
)
def test_what_came_too_late_is_called_what_it_is_and_told(
    machine: Machine, anna: User, command: str, status: dict[str, Any]
) -> None:
    card = acted(machine, anna, command, status, **NOT_REACHED)
    assert (card.word.lower(), card.tone) == (status.get("word", "running"), "late")
    assert "It took longer than 90 s. Reported" in said(card)


def test_what_is_as_wanted_though_nobody_knows_why_says_so(machine: Machine, anna: User) -> None:
    card = acted(machine, anna, "stop", {"word": "stopped"}, **UNCLEAR)
    assert (card.word, card.tone) == ("Stopped", "late")
    assert said(card).endswith("Nobody knows whether it was done. Reported stopped.")


@pytest.mark.parametrize("action", [NOT_REACHED, UNCLEAR])
def test_after_an_hour_it_looks_as_ever(machine: Machine, anna: User, action: dict[str, Any]) -> None:
    card = acted(machine, anna, "stop", {}, **action | {"observed_at": NOW - timedelta(minutes=61)})
    assert (card.state, card.sentence) == ("running", "")


def test_an_outcome_is_told_beside_a_problem(machine: Machine, anna: User) -> None:
    card = acted(machine, anna, "stop", {"problem": "unreachable", "since": NOW}, **UNCLEAR)
    assert (card.state, card.tone) == ("unreachable", "bad")
    assert "Nobody knows whether it was done. The provider has told nothing" in said(card)
