"""Which of a machine's buttons make no sense now, and why."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.rows import give_access, give_action, give_machine, give_token
from vps.access import visible_machines
from vps.models import Machine, Status
from vps.services.cards import show_card
from vps.services.keys import Keys

pytestmark = pytest.mark.django_db
NOW = timezone.now()
UNHEARD: dict[str, Any] = {"word": "", "heard_at": None, "booted_at": None}


@pytest.fixture
def machine(anna: User) -> Machine:
    return give_machine(give_token(anna))


def keys(user: User, machine: Machine, late: bool = False, **status: Any) -> Keys:
    Status.objects.filter(machine=machine).update(**status)
    return show_card(visible_machines(user).select_related("status__last_action").get(), late).keys


def test_what_runs_is_not_started(anna: User, machine: Machine) -> None:
    assert keys(anna, machine) == Keys(off=False, start="Already running")


def test_what_is_stopped_offers_start_where_the_console_was(anna: User, machine: Machine) -> None:
    why = "Already stopped"
    assert keys(anna, machine, word="stopped") == Keys(off=True, reboot=why, stop=why, kill=why)


@pytest.mark.parametrize("state", ["requested", "sent"])
@pytest.mark.parametrize("status", [{}, {"problem": "unreachable"}])
def test_while_the_provider_is_asked_for_one_action_it_is_asked_for_no_other(
    anna: User, machine: Machine, state: str, status: dict[str, Any]
) -> None:
    give_action(machine, anna, "reboot", state=state)
    why = "Rebooting: one power action at a time"
    assert keys(anna, machine, **status) == Keys(off=False, start=why, reboot=why, stop=why, kill=why)


def test_force_stop_stays_while_another_action_is_watched(anna: User, machine: Machine) -> None:
    give_action(machine, anna, "stop")
    why = "Shutting down: one power action at a time"
    assert keys(anna, machine) == Keys(off=False, start=why, reboot=why, stop=why)
    stopped = keys(anna, machine, word="stopped")
    assert (stopped.off, stopped.kill) == (True, "Already stopped")


def test_a_force_stop_that_is_watched_is_not_pressed_again(anna: User, machine: Machine) -> None:
    give_action(machine, anna, "kill")
    assert keys(anna, machine).kill == "Force stopping: one power action at a time"


@pytest.mark.parametrize("word", ["running", "stopped"])
@pytest.mark.parametrize("problem", ["unreachable", "limited", "unreadable", "gone", "refused"])
def test_where_what_is_known_is_old_nothing_is_disabled(
    anna: User, machine: Machine, problem: str, word: str
) -> None:
    assert keys(anna, machine, word=word, problem=problem) == Keys(off=word == "stopped")


def test_nor_where_the_collector_is_late(anna: User, machine: Machine) -> None:
    assert keys(anna, machine, late=True) == Keys()


@pytest.mark.parametrize("status", [{"word": "migrating"}, UNHEARD])
def test_nor_where_the_state_is_not_known(anna: User, machine: Machine, status: dict[str, Any]) -> None:
    assert keys(anna, machine, **status) == Keys()


def test_nor_does_a_watch_without_answers_disable_anything(anna: User, machine: Machine) -> None:
    give_action(machine, anna, "stop")
    assert keys(anna, machine, problem="unreachable") == Keys()


def test_who_is_refused_learns_nothing_from_them(anna: User, ben: User, machine: Machine) -> None:
    Status.objects.update(word="stopped")
    give_access(give_token(ben, refused_at=NOW - timedelta(minutes=10)), machine)
    why = "No token of yours reads this machine now"
    assert keys(ben, machine) == Keys(off=False, start=why, reboot=why, stop=why, kill=why)
