"""What the tests of power actions share: presses, alone and many at once, and what they left in the database."""

import secrets
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from django.contrib.auth.models import User
from django.db import connection

from vps.models import AuditEvent, Machine, PowerAction, Status
from vps.services.power import Press, press_button
from vps.simulator.server import Simulator

Command, State, Observed = PowerAction.Command, PowerAction.State, PowerAction.Observed
T = TypeVar("T")


def press(user: User, machine: Machine, command: str = "start", nonce: str = "") -> Press:
    """One press of a button; each on a page of its own, unless a nonce is given."""
    nonce = nonce or secrets.token_urlsafe(16)
    return press_button(user, machine.project, machine.product, Command(command), nonce)


def outcomes(machine: Machine) -> list[tuple[str, str]]:
    """Command and state of all its actions, oldest first."""
    return list(machine.actions.order_by("pk").values_list("command", "state"))


def lines(machine: Machine) -> list[tuple[str, str]]:
    """Code and outcome of its audit lines, oldest first."""
    found = AuditEvent.objects.filter(project=machine.project, product=machine.product)
    return list(found.order_by("pk").values_list("code", "outcome"))


def revision(machine: Machine) -> int:
    return Status.objects.get(machine=machine).revision


def all_at_once(number: int, deed: Callable[[int], T]) -> list[T]:
    """Does it in so many threads that begin together; what one raised fails the test."""
    start, done, raised = threading.Barrier(number), {}, []

    def run(place: int) -> None:
        try:
            start.wait(10)
            done[place] = deed(place)
        except BaseException as error:  # noqa: BLE001  # handed over to the test's own thread
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert raised == []
    assert len(done) == number
    return [done[place] for place in range(number)]


def press_and_die(patch: pytest.MonkeyPatch, where: Any, name: str, user: User, machine: Machine) -> None:
    """A press whose process is killed when it comes to that function: nothing after it is done."""

    def die(*_arguments: Any, **_fields: Any) -> None:
        raise KeyboardInterrupt

    with patch.context() as killed:
        killed.setattr(where, name, die)
        with pytest.raises(KeyboardInterrupt):
            press(user, machine)


def sent(simulator: Simulator, machine: Machine) -> list[str]:
    """The commands that the provider received, in order."""
    return [receipt.action for receipt in simulator.calls.received("control", machine.product)]
