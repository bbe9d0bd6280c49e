"""A default login while two act on it at once, or while the panel dies."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.services.conftest import AddToken
from vps.models import AuditEvent, Machine
from vps.provider.client import Client
from vps.services import logins
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine(anna: User, add_token: AddToken, simulator: Simulator) -> Machine:
    """Its default login is to be had, and was revealed."""
    add_token(anna)
    found = Machine.objects.order_by("pk")[0]
    simulator.set(found.product, login_for=3600)
    logins.reveal_login(anna, found.project, found.product)
    return found


def state(person: User, machine: Machine) -> str:
    return logins.show_login(person, machine.project, machine.product).state


def clear(person: User, machine: Machine) -> str:
    seen = logins.show_login(person, machine.project, machine.product).seen
    return logins.clear_login(person, machine.project, machine.product, seen).word


def test_a_process_that_dies_while_it_clears_leaves_no_false_state(
    anna: User, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(Client, "clear_default_login", die)
    with pytest.raises(SystemExit):
        clear(anna, machine)
    assert state(anna, machine) == "sent"
    assert AuditEvent.objects.latest("pk").code == "login.clear_requested"


def test_what_was_revealed_while_it_was_cleared_does_not_bring_it_back(
    anna: User, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Client.default_login

    def ask_and_be_overtaken(client: Client, project: str, product: str) -> Any:
        told = ask(client, project, product)
        assert clear(anna, machine) == "succeeded"
        return told

    monkeypatch.setattr(Client, "default_login", ask_and_be_overtaken)
    assert logins.reveal_login(anna, machine.project, machine.product).login is not None
    assert state(anna, machine) == "gone"


def test_what_was_revealed_before_it_was_cleared_does_not_hide_that_it_was(
    anna: User, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget = Client.clear_default_login

    def forget_later(client: Client, project: str, product: str) -> None:
        assert logins.reveal_login(anna, project, product).login is not None
        assert state(anna, machine) == "held"
        forget(client, project, product)

    monkeypatch.setattr(Client, "clear_default_login", forget_later)
    assert clear(anna, machine) == "succeeded"
    assert state(anna, machine) == "gone"
