"""Power actions in a machine's timeline: who pressed what, and what became of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.rows import give_access, give_action, give_machine, give_token
from vps.models import Machine, StateChange, Status
from vps.services.machines import show_machine
from vps.services.timeline import Event

pytestmark = pytest.mark.django_db
NOW = timezone.now()
PRESSED = NOW - timedelta(minutes=5)
AT_ONCE: dict[str, Any] = {"requested_at": PRESSED, "sent_at": PRESSED, "answered_at": PRESSED}


def after(seconds: float) -> Any:
    return PRESSED + timedelta(seconds=seconds)


@pytest.fixture
def machine(anna: User) -> Machine:
    return give_machine(give_token(anna, "Mine"))


def timeline(user: User, machine: Machine) -> tuple[Event, ...]:
    return show_machine(user, machine.project, machine.product).timeline


def told(user: User, machine: Machine, command: str = "reboot", **fields: Any) -> tuple[str, str, str]:
    """Outcome, tone and story of one action."""
    give_action(machine, user, command, **AT_ONCE | fields)
    (event,) = timeline(user, machine)
    assert (event.person, event.at) == ("anna", PRESSED)
    return event.outcome, event.tone, event.sentence


TOLD = [
    (
        "reboot",
        {"answered_at": after(0.4), "observed": "reached", "observed_at": after(38)},
        ("done", "", "Accepted after 0.4 s. Running again after 38 s."),
    ),
    (
        "stop",
        {"observed": "reached", "observed_at": after(12)},
        ("done", "", "Accepted at once. Stopped after 12 s."),
    ),
    ("start", {}, ("under way", "busy", "Accepted at once. It is watched until it runs.")),
    (
        "kill",
        {"observed": "not_reached", "observed_at": after(91)},
        ("accepted, not reached", "bad", "Accepted at once. 91 s later it had not stopped."),
    ),
    (
        "start",
        {"observed": "not_seen", "observed_at": after(90)},
        ("accepted, not seen", "late", "Accepted at once. Within 90 s nobody saw whether it came to that."),
    ),
    (
        "reboot",
        {
            "state": "unknown",
            "reason": "outcome_unknown.reset",
            "observed": "not_reached",
            "observed_at": after(92),
        },
        (
            "outcome unknown, not reached",
            "bad",
            "The request was sent, then the connection was cut. 92 s later it had not booted anew.",
        ),
    ),
    (
        "stop",
        {"state": "failed", "reason": "unreachable.dns", "observed": ""},
        ("failed", "bad", "Nothing was sent."),
    ),
    (
        "stop",
        {"state": "sent", "answered_at": None},
        ("under way", "busy", "It is watched until it has stopped."),
    ),
]


@pytest.mark.parametrize(("command", "fields", "expected"), TOLD)
def test_it_tells_what_became_of_each_action(
    anna: User, machine: Machine, command: str, fields: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert told(anna, machine, command, **fields) == expected


def test_actions_and_changes_are_told_in_one_order(anna: User, machine: Machine) -> None:
    for minutes, word in ((9, "running"), (4, "stopped")):
        StateChange.objects.create(machine=machine, at=NOW - timedelta(minutes=minutes), word=word)
    give_action(machine, anna, "stop", **AT_ONCE, observed="reached", observed_at=after(60))
    events = timeline(anna, machine)
    assert [(event.word, event.person) for event in events] == [
        ("Stopped", ""),
        ("Shut down", "anna"),
        ("Running", ""),
    ]
    assert events[0].new_day


def test_the_providers_words_are_told_to_the_tokens_owner_alone(
    anna: User, ben: User, machine: Machine
) -> None:
    give_access(give_token(ben), machine)
    mine = machine.accesses.get(token__owner=anna).token_id
    refusal = {"state": "failed", "reason": "refused", "observed": "", "said": "Locked by billing."}
    give_action(machine, anna, "start", **AT_ONCE, **refusal, token_id=mine)
    assert timeline(anna, machine)[0].sentence == "The provider said no. It said: “Locked by billing”."
    assert timeline(ben, machine)[0].sentence == "The provider said no."
    assert timeline(ben, machine)[0].person == "anna"


def test_who_is_refused_learns_nothing_of_what_came_later(anna: User, ben: User, machine: Machine) -> None:
    give_access(give_token(ben), machine, refused_at=after(10))
    Status.objects.filter(machine=machine).update(heard_at=NOW)
    fields = {**AT_ONCE, "answered_at": after(2)}
    give_action(machine, anna, "reboot", **fields, observed="reached", observed_at=after(20))
    give_action(machine, anna, "stop", requested_at=after(15))
    (event,) = timeline(ben, machine)
    assert (event.word, event.sentence) == ("Reboot", "Accepted after 2.0 s.")
    assert [event.word for event in timeline(anna, machine)] == ["Shut down", "Reboot"]


def test_an_action_in_the_timeline_names_the_person_in_the_page(anna: User, machine: Machine) -> None:
    give_action(machine, anna, "reboot", **AT_ONCE, person_name="<b>anna</b>")
    assert timeline(anna, machine)[0].person == "<b>anna</b>"
