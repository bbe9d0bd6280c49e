"""What is said before a power button is pressed."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone
from django.utils.html import strip_tags

from tests.rows import give_action, give_machine, give_token, heard
from vps.models import ConsoleSession, Machine, PowerAction, Status
from vps.services.confirming import Question, ask

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still")]
Command = PowerAction.Command
NOW = timezone.now()
RUNNING: dict[str, Any] = {"booted_at": NOW - timedelta(hours=2, minutes=4), "cpu": 35}
STOPPED: dict[str, Any] = {
    "word": "stopped",
    "booted_at": None,
    "since": NOW - timedelta(days=2),
    "cpu": None,
}


@pytest.fixture
def machine(anna: User) -> Machine:
    return give_machine(give_token(anna), machine={"name": "web-02"}, **RUNNING)


def question(user: User, machine: Machine, command: Command = Command.REBOOT) -> Question:
    return ask(user, machine.project, machine.product, command)


def said(asked: Question) -> dict[str, str]:
    """Each fact in plain words."""
    return {fact.word: strip_tags(f"{fact.told} {fact.more}").strip() for fact in asked.facts}


def change(machine: Machine, **fields: Any) -> None:
    Status.objects.filter(machine=machine).update(**fields)


def test_it_names_the_machine_and_tells_what_there_is_to_know(anna: User, machine: Machine) -> None:
    asked = question(anna, machine)
    assert (asked.kind, asked.title, asked.deed) == ("ask", "Reboot web-02?", "reboot")
    told = said(asked)
    assert told["Up since"].endswith("for 2 h 4 min")
    assert told["CPU now"] == "35 %"
    assert told["Last action"] == "None yet through this panel"
    assert told["In the console"] == "Nobody"
    assert asked.warning == ""


def test_it_tells_who_acted_last_and_what_became_of_it(anna: User, ben: User, machine: Machine) -> None:
    hour = NOW - timedelta(hours=1)
    give_action(machine, ben, "stop", requested_at=hour, observed="reached", observed_at=hour)
    assert said(question(anna, machine))["Last action"].startswith("Shut down by ben")
    assert said(question(anna, machine))["Last action"].endswith("; done")
    give_action(machine, ben, "reboot", state="failed", observed="", reason="token_refused")
    asked = question(anna, machine)
    assert said(asked)["Last action"].endswith("; failed")
    assert next(fact.tone for fact in asked.facts if fact.word == "Last action") == "bad"


def test_it_tells_who_is_in_the_console(anna: User, ben: User, machine: Machine) -> None:
    fields = {"machine": machine, "token_id": give_token(ben).pk, "opened_at": NOW, "seen_at": NOW}
    ConsoleSession.objects.create(person=ben, person_name="ben", **fields)
    ConsoleSession.objects.create(person=anna, person_name="anna", **fields)
    asked = question(anna, machine)
    assert said(asked)["In the console"].startswith("ben, since ")
    assert ", You, since " in said(asked)["In the console"]
    assert next(fact.tone for fact in asked.facts if fact.word == "In the console") == "late"


@pytest.mark.parametrize("command", [Command.STOP, Command.REBOOT, Command.KILL])
def test_what_is_stopped_cannot_be_stopped_but_started(
    anna: User, machine: Machine, command: Command
) -> None:
    change(machine, **STOPPED)
    asked = question(anna, machine, command)
    assert (asked.kind, asked.title) == ("senseless", "web-02 is already stopped")
    assert (asked.deed, asked.instead) == ("start", "")


def test_what_runs_cannot_be_started_but_rebooted(anna: User, machine: Machine) -> None:
    asked = question(anna, machine, Command.START)
    assert (asked.kind, asked.title) == ("senseless", "web-02 is already running")
    assert (asked.deed, asked.instead) == ("", "reboot")


def test_a_start_asks_too_where_it_makes_sense(anna: User, machine: Machine) -> None:
    change(machine, **STOPPED)
    asked = question(anna, machine, Command.START)
    assert (asked.kind, asked.deed) == ("ask", "start")
    assert said(asked)["Stopped since"].endswith("for 2 d")
    assert "CPU now" not in said(asked)


def test_a_force_stop_offers_to_shut_down_unless_that_is_being_tried(anna: User, machine: Machine) -> None:
    asked = question(anna, machine, Command.KILL)
    assert (asked.deed, asked.instead) == ("kill", "stop")
    assert "<strong>" in asked.lead
    give_action(machine, anna, "stop")
    asked = question(anna, machine, Command.KILL)
    assert (asked.kind, asked.deed, asked.instead) == ("ask", "kill", "")
    assert strip_tags(asked.warning) == "anna pressed Shut down 1 s ago. It is watched until it has stopped."
    assert "Last action" not in said(asked)


OLD = heard(NOW - timedelta(minutes=6))
NOBODY_KNOWS = [
    ({"problem": "unreachable"}, "Nobody knows its state since "),
    ({"late_at": NOW - timedelta(seconds=5)}, "Nobody knows its state since "),
    ({"word": "migrating"}, "The provider calls its state “migrating”, which this panel does not know."),
    ({"word": "", "heard_at": None}, "Nothing has been heard of it yet: nobody knows its state."),
]


@pytest.mark.parametrize("command", list(Command))
@pytest.mark.parametrize(("fields", "warning"), NOBODY_KNOWS)
def test_where_nobody_knows_the_state_it_warns_and_forbids_nothing(
    anna: User, machine: Machine, command: Command, fields: dict[str, Any], warning: str
) -> None:
    change(machine, **fields)
    asked = question(anna, machine, command)
    assert (asked.kind, asked.deed) == ("ask", command)
    assert strip_tags(asked.warning).startswith(warning)
    assert "Up since" not in said(asked)
    assert "CPU now" not in said(asked)


def test_a_warning_says_what_the_machine_was_when_it_was_last_heard_of(anna: User, machine: Machine) -> None:
    change(machine, **OLD | {"problem": "unreadable"})
    asked = question(anna, machine)
    assert strip_tags(asked.warning).endswith("Then it was: Running.")
    assert said(asked)["CPU then"] == "15 % 6 min ago"


@pytest.mark.parametrize("state", ["requested", "sent"])
@pytest.mark.parametrize("command", list(Command))
def test_while_the_provider_is_asked_for_one_action_no_other_is_offered(
    anna: User, ben: User, machine: Machine, command: Command, state: str
) -> None:
    give_action(machine, ben, "stop", state=state)
    asked = question(anna, machine, command)
    assert (asked.kind, asked.title, asked.deed) == ("under_way", "web-02 is already shutting down", "")
    assert strip_tags(asked.lead).startswith(
        "ben pressed Shut down 1 s ago. A machine takes one power action"
    )
    assert 1 <= asked.watched <= 2


def test_while_it_is_watched_the_same_is_not_offered_and_others_warn(anna: User, machine: Machine) -> None:
    give_action(machine, anna, "reboot")
    assert question(anna, machine, Command.REBOOT).kind == "under_way"
    asked = question(anna, machine, Command.STOP)
    assert (asked.kind, asked.deed) == ("ask", "stop")
    assert strip_tags(asked.warning).startswith("anna pressed Reboot ")


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "requested", "requested_at": NOW - timedelta(seconds=40), "sent_at": None},
        {"state": "sent", "sent_at": NOW - timedelta(seconds=40)},
        {"watch_until": NOW - timedelta(seconds=40)},
    ],
    ids=["never sent", "never answered", "never seen"],
)
def test_what_a_dead_process_left_is_in_nobodys_way(
    anna: User, machine: Machine, fields: dict[str, Any]
) -> None:
    give_action(machine, anna, "reboot", **fields)
    assert question(anna, machine).kind == "ask"


def test_only_who_may_press_is_asked(anna: User, ben: User, machine: Machine) -> None:
    with pytest.raises(Http404):
        question(ben, machine)
    machine.accesses.update(refused_at=NOW)
    with pytest.raises(PermissionDenied):
        question(anna, machine)
