"""What ends the watch of a machine that was told to move, and how."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.rows import give_action, give_token
from tests.services.collector_kit import NOON, RUNNING, STOPPED, known_machine, reading, seconds, status_of
from vps.models import Machine, PowerAction
from vps.provider.errors import BadReply, ProviderError, RateLimited, Unreachable
from vps.provider.replies import Status as Reply
from vps.services.readings import write_readings
from vps.services.watching import end_old_watches, machines_in_motion

pytestmark = pytest.mark.django_db
State, Observed = PowerAction.State, PowerAction.Observed
SENT = NOON


@pytest.fixture
def machine(anna: User) -> Machine:
    """Heard of 10 s before noon, running for an hour then."""
    return known_machine(give_token(anna))


@pytest.fixture(autouse=True)
def no_redraw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vps.services.sparks.REDRAW_SECONDS", 10**12)


def act(machine: Machine, person: User, command: str, **fields: Any) -> PowerAction:
    """Sent at noon, and accepted within the same moment."""
    usual: dict[str, Any] = {
        "requested_at": SENT,
        "sent_at": SENT,
        "answered_at": SENT,
        "watch_until": SENT + seconds(90),
        "booted_before": SENT - seconds(3600),
    }
    return give_action(machine, person, command, **(usual | fields))


def hear(machine: Machine, after: float, told: Reply | ProviderError, took: float = 0.05) -> None:
    """A check that was answered so many seconds after noon, `took` after it was asked for."""
    write_readings([reading(machine, SENT + seconds(after), told, took=took)])


def seen(action: PowerAction) -> tuple[str, datetime | None]:
    action.refresh_from_db()
    return action.observed, action.observed_at


def up(uptime: int) -> Reply:
    return replace(RUNNING, uptime=uptime)


def word(status: str) -> Reply:
    return replace(RUNNING, status=status)


WATCHED = (Observed.WATCHING, None)


@pytest.mark.parametrize(
    ("command", "other", "wanted"),
    [
        ("start", STOPPED, RUNNING),
        ("stop", RUNNING, STOPPED),
        ("kill", RUNNING, STOPPED),
        ("reboot", up(3610), up(4)),
        ("reboot", STOPPED, up(4)),
        ("stop", word("stopping"), STOPPED),
        ("start", BadReply("uptime"), RUNNING),
    ],
)
def test_each_command_is_watched_until_the_machine_is_seen_in_its_state(
    command: str, other: Reply | ProviderError, wanted: Reply, machine: Machine, anna: User
) -> None:
    action = act(machine, anna, command)
    assert machines_in_motion() == {machine.pk}
    hear(machine, 2, other)
    assert seen(action) == WATCHED
    hear(machine, 14, wanted)
    assert seen(action) == (Observed.REACHED, SENT + seconds(14))
    assert machines_in_motion() == set()


def test_a_card_changes_when_the_watch_ends_though_nothing_else_does(machine: Machine, anna: User) -> None:
    act(machine, anna, "start")
    hear(machine, 2, up(3612))
    assert status_of(machine).revision > 0


@pytest.mark.parametrize("state", ["succeeded", "unknown", "sent"])
def test_what_was_asked_before_the_action_was_sent_ends_nothing(
    state: str, machine: Machine, anna: User
) -> None:
    action = act(machine, anna, "stop", state=state)
    hear(machine, 0.5, STOPPED, took=0.6)
    assert seen(action) == WATCHED
    hear(machine, 2.5, STOPPED, took=0.6)
    assert seen(action)[0] == Observed.REACHED


def test_what_was_asked_before_the_provider_had_accepted_ends_nothing(machine: Machine, anna: User) -> None:
    action = act(machine, anna, "stop", answered_at=SENT + seconds(3))
    hear(machine, 2.5, STOPPED)
    assert seen(action) == WATCHED
    hear(machine, 4.5, STOPPED)
    assert seen(action)[0] == Observed.REACHED


def test_an_unknown_action_is_seen_from_its_sending_on(machine: Machine, anna: User) -> None:
    action = act(machine, anna, "stop", state=State.UNKNOWN, answered_at=SENT + seconds(5))
    hear(machine, 2.5, STOPPED)
    assert seen(action)[0] == Observed.REACHED


def test_what_is_not_sent_yet_is_not_watched(machine: Machine, anna: User) -> None:
    action = act(machine, anna, "stop", state=State.REQUESTED, sent_at=None, watch_until=None)
    assert machines_in_motion() == set()
    hear(machine, 2, STOPPED)
    assert seen(action) == WATCHED


# After its time ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "told", "observed"),
    [
        ("stop", STOPPED, Observed.REACHED),
        ("stop", RUNNING, Observed.NOT_REACHED),
        ("start", STOPPED, Observed.NOT_REACHED),
        ("start", word("rescue"), Observed.NOT_REACHED),
        ("reboot", up(3691), Observed.NOT_REACHED),
        ("reboot", STOPPED, Observed.NOT_REACHED),
        ("reboot", up(80), Observed.REACHED),
    ],
)
def test_after_its_time_the_next_check_says_what_came_of_it(
    command: str, told: Reply | ProviderError, observed: str, machine: Machine, anna: User
) -> None:
    action = act(machine, anna, command)
    hear(machine, 90, RUNNING if command == "stop" else STOPPED)
    assert seen(action) == WATCHED
    hear(machine, 91, told)
    assert seen(action) == (observed, SENT + seconds(91))


@pytest.mark.parametrize("error", [Unreachable("timeout"), RateLimited()])
def test_after_its_time_a_check_that_fails_leaves_it_to_the_next_one(
    error: ProviderError, machine: Machine, anna: User
) -> None:
    action = act(machine, anna, "stop")
    hear(machine, 91, error)
    assert seen(action) == WATCHED
    hear(machine, 93, RUNNING)
    assert seen(action) == (Observed.NOT_REACHED, SENT + seconds(93))


def test_where_no_check_comes_the_state_was_not_seen(machine: Machine, anna: User) -> None:
    action = act(machine, anna, "stop")
    assert end_old_watches(SENT + seconds(119)) == 0
    before = status_of(machine).revision
    assert end_old_watches(SENT + seconds(121)) == 1
    assert seen(action) == (Observed.NOT_SEEN, SENT + seconds(90))
    assert status_of(machine).revision > before
    assert end_old_watches(SENT + seconds(122)) == 0


def test_watches_of_calls_under_way_are_left_to_their_sweep(machine: Machine, anna: User) -> None:
    act(machine, anna, "stop", state=State.SENT)
    assert end_old_watches(SENT + seconds(500)) == 0


def test_old_watches_of_one_machine_may_be_ended_alone(machine: Machine, anna: User) -> None:
    other = known_machine(give_token(anna))
    first, second = act(machine, anna, "stop"), act(other, anna, "stop")
    assert end_old_watches(SENT + seconds(500), machine_id=other.pk) == 1
    assert (seen(first)[0], seen(second)[0]) == (Observed.WATCHING, Observed.NOT_SEEN)


# Two at once ---------------------------------------------------------------------------------------------


def test_a_force_stop_after_a_shutdown_ends_both_watches(machine: Machine, anna: User) -> None:
    stop = act(machine, anna, "stop", sent_at=SENT - seconds(60), watch_until=SENT + seconds(30))
    kill = act(machine, anna, "kill")
    hear(machine, 2, STOPPED)
    assert seen(stop) == seen(kill) == (Observed.REACHED, SENT + seconds(2))


def test_each_of_two_watches_ends_at_its_own_time(machine: Machine, anna: User) -> None:
    stop = act(machine, anna, "stop", sent_at=SENT - seconds(60), watch_until=SENT + seconds(30))
    kill = act(machine, anna, "kill")
    hear(machine, 31, up(3641))
    assert (seen(stop)[0], seen(kill)[0]) == (Observed.NOT_REACHED, Observed.WATCHING)
    assert machines_in_motion() == {machine.pk}
    hear(machine, 33, STOPPED)
    assert (seen(stop)[0], seen(kill)[0]) == (Observed.NOT_REACHED, Observed.REACHED)


def test_other_machines_checks_end_nothing(machine: Machine, anna: User) -> None:
    action = act(machine, anna, "stop")
    hear(known_machine(give_token(anna)), 2, STOPPED)
    assert seen(action) == WATCHED
