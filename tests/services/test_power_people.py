"""Who may act on a machine, with which token, and what an answer tells of that token."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from tests.services.collector_kit import machines_of
from tests.services.power_kit import Observed, State, all_at_once, lines, outcomes, press, sent
from vps.models import Ability, AuditEvent, Machine, PowerAction, Token
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
AddToken = Callable[..., Token]


@pytest.fixture
def machine(anna: User, add_token: AddToken, simulator: Simulator) -> Machine:
    """The simulator's first one, running."""
    found = machines_of(add_token(anna))[0]
    simulator.set(found.product, status="running", uptime=3600)
    return found


def test_a_strangers_machine_is_not_found_and_nothing_is_sent_or_written(
    ben: User, machine: Machine, simulator: Simulator
) -> None:
    with pytest.raises(Http404):
        press(ben, machine)
    assert (sent(simulator, machine), outcomes(machine), lines(machine)) == ([], [], [])


def test_ones_own_refused_token_acts_on_nothing_and_anothers_good_one_is_never_used(
    anna: User, ben: User, machine: Machine, add_token: AddToken, simulator: Simulator
) -> None:
    add_token(ben, secret=simulator.mint().token)
    Token.objects.filter(owner=anna).update(refused_at=timezone.now())
    with pytest.raises(PermissionDenied):
        press(anna, machine, "reboot")
    assert (sent(simulator, machine), outcomes(machine)) == ([], [])


def test_each_person_acts_with_their_own_token(
    anna: User, ben: User, machine: Machine, add_token: AddToken, simulator: Simulator
) -> None:
    minted = simulator.mint()
    his = add_token(ben, name="His", secret=minted.token)
    action = press(ben, machine, "reboot").action
    assert (action.person, action.token_id, action.token_name) == (ben, his.pk, "His")
    assert [receipt.token for receipt in simulator.calls.received("control")] == [minted.number]
    line = AuditEvent.objects.get(code="power.answered")
    assert (line.person, line.token, line.token_owner) == ("ben", "His", "ben")


def test_success_and_a_403_are_noted_as_what_the_token_may(
    anna: User, add_token: AddToken, simulator: Simulator
) -> None:
    looker = add_token(anna, secret=simulator.mint(permissions=["READ_VPS"]).token)
    machine = machines_of(looker)[0]
    simulator.set(machine.product, status="running")
    assert press(anna, machine, "reboot").action.reason == "not_allowed"
    noted = Ability.objects.get(token=looker, operation="power")
    assert (noted.allowed, noted.said) == (False, "Insufficient permissions to access this resource")
    good = add_token(anna, name="Better", secret=simulator.mint().token)
    assert press(anna, machine, "reboot").action.token_id == good.pk
    assert Ability.objects.get(token=good, operation="power").allowed


def test_other_failures_tell_nothing_of_what_the_token_may(
    anna: User, machine: Machine, simulator: Simulator
) -> None:
    for code in (400, 401, 404, 429, 500):
        simulator.fault("status", code=code, kind="control")
        press(anna, machine, "reboot")
        PowerAction.objects.update(observed=Observed.NOT_SEEN)
        assert not Ability.objects.filter(operation="power").exists()


def test_a_token_that_is_forgotten_or_replaced_meanwhile_learns_nothing(
    anna: User, machine: Machine, simulator: Simulator
) -> None:
    token = Token.objects.get(owner=anna)
    simulator.fault("latency", seconds=0.3, kind="control")

    def deed(place: int) -> object:
        if place:
            return press(anna, machine, "reboot").action.state
        while not simulator.calls.count("control"):
            pass
        return token.delete()

    assert all_at_once(2, deed)[1] == State.SUCCEEDED
    assert not Ability.objects.filter(operation="power").exists()
