"""Which actions are under way and which are trouble: of a row, and of all machines at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Count
from django.utils import timezone

from tests.rows import give_action, give_machine, give_token
from vps.models import Machine, PowerAction
from vps.services import actions

pytestmark = pytest.mark.django_db
State, Observed = PowerAction.State, PowerAction.Observed
NOW = timezone.now()
HALF_AN_HOUR: dict[str, Any] = {"observed_at": NOW - timedelta(minutes=30)}
OVER_AN_HOUR: dict[str, Any] = {"observed_at": NOW - timedelta(minutes=61)}


@pytest.fixture
def machine(anna: User) -> Machine:
    return give_machine(give_token(anna))


@pytest.mark.parametrize("state", ["requested", "sent", "succeeded", "unknown"])
def test_what_is_watched_is_under_way(machine: Machine, anna: User, state: str) -> None:
    action = give_action(machine, anna, state=state)
    assert actions.under_way(action)
    assert Machine.objects.filter(actions.UNDER_WAY).get() == machine


@pytest.mark.parametrize("observed", ["", "reached", "not_reached", "not_seen"])
def test_what_is_over_is_not_under_way(machine: Machine, anna: User, observed: str) -> None:
    action = give_action(machine, anna, observed=observed)
    assert not actions.under_way(action)
    assert not Machine.objects.filter(actions.UNDER_WAY).exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"observed": Observed.NOT_REACHED},
        {"observed": Observed.NOT_REACHED, "state": State.UNKNOWN},
        {"observed": Observed.NOT_SEEN, "state": State.UNKNOWN},
    ],
)
def test_what_was_not_reached_or_is_unknown_is_trouble_for_an_hour(
    machine: Machine, anna: User, fields: dict[str, Any]
) -> None:
    action = give_action(machine, anna, **fields, **HALF_AN_HOUR)
    assert actions.in_trouble(action, NOW)
    assert Machine.objects.filter(actions.trouble(NOW)).get() == machine
    later = NOW + timedelta(minutes=30)
    assert not actions.in_trouble(action, later)
    assert not Machine.objects.filter(actions.trouble(later)).exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"observed": Observed.WATCHING, "state": State.UNKNOWN},
        {"observed": Observed.REACHED, "state": State.UNKNOWN, **HALF_AN_HOUR},
        {"observed": Observed.NOT_SEEN, **HALF_AN_HOUR},
        {"observed": Observed.NONE, "state": State.FAILED},
        {"observed": Observed.NOT_REACHED, **OVER_AN_HOUR},
    ],
)
def test_what_goes_on_or_was_seen_or_refused_is_no_trouble(
    machine: Machine, anna: User, fields: dict[str, Any]
) -> None:
    action = give_action(machine, anna, **fields)
    assert not actions.in_trouble(action, NOW)
    assert not Machine.objects.filter(actions.trouble(NOW)).exists()


def test_a_machine_without_actions_is_quiet_and_counted_so(machine: Machine) -> None:
    calm = ~actions.trouble(NOW) & ~actions.UNDER_WAY
    assert Machine.objects.filter(calm).get() == machine
    assert Machine.objects.aggregate(n=Count("pk", filter=calm)) == {"n": 1}
    assert not actions.under_way(None)
    assert not actions.in_trouble(None, NOW)
