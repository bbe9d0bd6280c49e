"""What a second press does: of the same page, in another tab, and twenty at the same moment."""

import itertools
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from tests.rows import give_action, give_machine, give_token
from tests.services.collector_kit import machines_of
from tests.services.power_kit import Command, Observed, State, all_at_once, lines, outcomes, press, sent
from vps.models import Machine, PowerAction, Token
from vps.services.power import Press, press_button
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
AddToken = Callable[..., Token]


@pytest.fixture
def machine(anna: User, add_token: AddToken, simulator: Simulator) -> Machine:
    """The simulator's first one, running."""
    found = machines_of(add_token(anna))[0]
    simulator.set(found.product, status="running", uptime=3600)
    return found


def test_a_press_is_one_call_with_ones_own_token(anna: User, machine: Machine, simulator: Simulator) -> None:
    done = press(anna, machine, "reboot")
    assert done.mine
    assert (done.action.state, done.action.command) == (State.SUCCEEDED, "reboot")
    (receipt,) = simulator.calls.received("control")
    assert (receipt.method, receipt.product, receipt.action) == ("POST", machine.product, "reboot")
    assert receipt.token == simulator.tokens[0].number


def test_the_same_page_sent_again_shows_what_it_did_and_does_nothing(
    anna: User, machine: Machine, simulator: Simulator
) -> None:
    first = press(anna, machine, "kill", nonce="page-1")
    PowerAction.objects.update(observed=Observed.REACHED)
    again = press(anna, machine, "kill", nonce="page-1")
    assert (again.mine, again.conflict, again.action) == (False, False, first.action)
    assert sent(simulator, machine) == ["kill"]


def test_another_button_of_the_same_page_is_another_press(
    anna: User, machine: Machine, simulator: Simulator
) -> None:
    press(anna, machine, "stop", nonce="page-1")
    assert press(anna, machine, "kill", nonce="page-1").mine
    assert sent(simulator, machine) == ["stop", "kill"]


def test_a_form_without_a_nonce_never_shows_an_old_press(anna: User, machine: Machine) -> None:
    first, second = (
        press_button(anna, machine.project, machine.product, Command(command), "")
        for command in ("kill", "start")
    )
    assert first.mine
    assert second.mine
    third = press_button(anna, machine.project, machine.product, Command.KILL, "")
    assert third.action == first.action  # it is still watched
    PowerAction.objects.update(observed=Observed.REACHED)
    assert press_button(anna, machine.project, machine.product, Command.KILL, "").mine


def test_a_nonce_of_any_length_is_one_of_its_own(anna: User, machine: Machine) -> None:
    first = press(anna, machine, "kill", nonce="n" * 5000)
    PowerAction.objects.update(observed=Observed.REACHED)
    assert press(anna, machine, "kill", nonce="n" * 5000).action == first.action
    assert press(anna, machine, "kill", nonce="n" * 4999 + "o").mine


def test_the_same_command_is_sent_again_only_when_its_watch_has_ended(
    anna: User, machine: Machine, simulator: Simulator
) -> None:
    first = press(anna, machine, "stop").action
    other_tab = press(anna, machine, "stop")
    assert (other_tab.mine, other_tab.conflict, other_tab.action) == (False, False, first)
    PowerAction.objects.update(observed=Observed.REACHED)
    assert press(anna, machine, "stop").mine
    assert len(sent(simulator, machine)) == 2


@pytest.mark.parametrize("state", ["requested", "sent"])
@pytest.mark.parametrize("command", ["start", "stop", "kill"])
def test_another_command_waits_until_the_call_has_ended(
    state: str, command: str, anna: User, machine: Machine, simulator: Simulator
) -> None:
    open_one = give_action(machine, anna, "reboot", state=state)
    other = press(anna, machine, command)
    assert (other.mine, other.conflict, other.action) == (False, True, open_one)
    assert sent(simulator, machine) == []
    assert lines(machine) == []


def test_what_was_seen_before_its_call_ended_is_still_the_same_command(anna: User, machine: Machine) -> None:
    open_one = give_action(machine, anna, "reboot", state="sent", observed=Observed.REACHED)
    again = press(anna, machine, "reboot")
    assert (again.mine, again.conflict, again.action) == (False, False, open_one)


@pytest.mark.parametrize("first", ["start", "stop", "reboot"])
def test_force_stop_stays_possible_while_another_action_is_watched(
    first: str, anna: User, machine: Machine, simulator: Simulator
) -> None:
    give_action(machine, anna, first)
    assert press(anna, machine, "kill").action.state == State.SUCCEEDED


def test_twenty_presses_of_one_page_are_one_call(anna: User, machine: Machine, simulator: Simulator) -> None:
    simulator.fault("latency", seconds=0.2, kind="control")
    presses = all_at_once(20, lambda place: press(anna, machine, "reboot", nonce="page-1"))
    assert_one_action(presses, machine, simulator)


def test_twenty_tabs_that_press_the_same_are_one_call(
    anna: User, machine: Machine, simulator: Simulator
) -> None:
    simulator.fault("latency", seconds=0.2, kind="control")
    presses = all_at_once(20, lambda place: press(anna, machine, "reboot"))
    assert_one_action(presses, machine, simulator)


def assert_one_action(presses: list[Press], machine: Machine, simulator: Simulator) -> None:
    assert sum(done.mine for done in presses) == 1
    assert not any(done.conflict for done in presses)
    assert {done.action.pk for done in presses} == {machine.actions.get().pk}
    assert sent(simulator, machine) == ["reboot"]
    assert lines(machine) == [("power.requested", ""), ("power.answered", "succeeded")]


def test_of_twenty_presses_of_all_buttons_one_call_is_under_way_at_a_time(
    anna: User, machine: Machine, simulator: Simulator
) -> None:
    simulator.fault("latency", seconds=0.1, kind="control")
    commands = [Command.values[place % 4] for place in range(20)]
    presses = all_at_once(20, lambda place: press(anna, machine, commands[place]))
    rows = list(machine.actions.order_by("sent_at"))
    assert sorted(sent(simulator, machine)) == sorted(row.command for row in rows)
    assert sum(done.mine for done in presses) == len(rows)
    for earlier, later in itertools.pairwise(rows):
        assert earlier.answered_at is not None
        assert later.sent_at is not None
        assert later.sent_at >= earlier.answered_at
    watched = machine.actions.filter(observed=Observed.WATCHING).values_list("command", flat=True)
    assert len(set(watched)) == len(watched)


def test_twenty_presses_that_the_provider_refuses_at_once_each_get_an_answer(
    anna: User, machine: Machine, simulator: Simulator
) -> None:
    simulator.fault("status", code=400, kind="control")
    presses = all_at_once(20, lambda place: press(anna, machine, "reboot"))
    assert len(sent(simulator, machine)) == sum(done.mine for done in presses) == machine.actions.count()
    assert set(machine.actions.values_list("state", flat=True)) == {"failed"}


def test_twenty_machines_are_acted_on_at_the_same_time(anna: User, add_token: AddToken) -> None:
    machines = machines_of(add_token(anna))
    presses = all_at_once(len(machines), lambda place: press(anna, machines[place], "reboot"))
    assert all(done.mine for done in presses)
    assert [outcomes(machine)[0][0] for machine in machines] == ["reboot"] * len(machines)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"nonce": "same", "state": "failed", "observed": ""}, "one_action_per_press"),
        ({"command": "kill", "state": "requested"}, "one_open_action_per_machine"),
        ({"command": "kill", "state": "sent"}, "one_open_action_per_machine"),
        ({"command": "stop", "state": "succeeded"}, "one_of_a_command_until_its_watch_ends"),
        ({"command": "stop", "state": "unknown"}, "one_of_a_command_until_its_watch_ends"),
    ],
)
def test_the_database_itself_refuses_a_second_action(
    fields: dict[str, str], constraint: str, anna: User
) -> None:
    machine = give_machine(give_token(anna))
    give_action(machine, anna, "stop", state="sent", nonce="same")
    with pytest.raises(IntegrityError), transaction.atomic():
        give_action(machine, anna, **fields)
    assert constraint in {one.name for one in PowerAction._meta.constraints}
    give_action(give_machine(give_token(anna)), anna, **fields)  # another machine's is another matter
