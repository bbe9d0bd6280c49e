"""When a machine had booted before a press: known only if nothing was done to it since that was heard."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.services.collector_kit import seconds
from tests.services.power_kit import press
from vps.models import Machine, Status
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def machine(anna: User, simulator: Simulator, add_token: object) -> Machine:
    assert callable(add_token)
    add_token(anna)
    found = Machine.objects.order_by("pk")[0]
    simulator.set(found.product, status="running")
    Status.objects.filter(machine=found).update(word="running", booted_at=timezone.now() - seconds(3600))
    return found


def test_a_boot_that_was_heard_of_is_known(anna: User, machine: Machine) -> None:
    booted = Status.objects.get(machine=machine).booted_at
    assert booted is not None
    assert press(anna, machine, "reboot").action.booted_before == booted


def test_while_another_action_is_watched_it_may_have_booted_anew(
    anna: User, machine: Machine, simulator: Simulator
) -> None:
    """Stopped by force and started, and nobody has heard of it yet: the known boot is an older one."""
    assert press(anna, machine, "kill").action.state == "succeeded"
    assert press(anna, machine, "start").action.state == "succeeded"
    simulator.set(machine.product, status="running")
    assert press(anna, machine, "reboot").action.booted_before is None
