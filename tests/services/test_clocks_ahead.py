"""A process whose clock was a day ahead wrote moments that are still to come: nothing is fresh, or open, until then."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.rows import give_action, give_machine, give_token, heard
from vps.models import PowerAction
from vps.services.bulk import is_known
from vps.services.confirming import is_sure
from vps.services.outcomes import sweep_actions
from vps.services.pulse import collector_late, take_pulse
from vps.services.watching import end_old_watches

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.mark.parametrize(("ahead", "late"), [(DAY, True), (timedelta(seconds=20), False)])
def test_a_check_of_tomorrow_is_not_fresh_today(anna: User, ahead: timedelta, late: bool) -> None:
    now = timezone.now()
    machine = give_machine(give_token(anna), **heard(now + ahead))
    assert take_pulse(anna).late == collector_late(anna, now) == late
    assert is_sure(machine.status, now) == is_known(machine.status, now) == (not late)


def test_the_page_does_not_say_that_a_check_was_due_tomorrow(anna: User) -> None:
    give_machine(give_token(anna), **heard(timezone.now() + DAY))
    pulse = take_pulse(anna)
    assert (pulse.heard.overdue_since, pulse.heard.overdue) == (None, 0)


def test_a_watch_until_tomorrow_is_over(anna: User) -> None:
    now = timezone.now()
    machine = give_machine(give_token(anna))
    action = give_action(machine, anna, observed="watching", watch_until=now + DAY)
    assert end_old_watches(now) == 1
    action.refresh_from_db()
    assert action.observed == "not_seen"
    assert action.observed_at == now


def test_a_watch_by_a_clock_that_is_a_little_ahead_goes_on(anna: User) -> None:
    give_action(
        give_machine(give_token(anna)),
        anna,
        observed="watching",
        watch_until=timezone.now() + timedelta(minutes=2),
    )
    assert end_old_watches(timezone.now()) == 0


@pytest.mark.parametrize("state", ["requested", "sent"])
def test_what_was_requested_tomorrow_is_given_up(anna: User, state: str) -> None:
    at = timezone.now() + DAY
    sent = at if state == "sent" else None
    machine = give_machine(give_token(anna))
    give_action(machine, anna, state=state, requested_at=at, sent_at=sent, watch_until=None)
    assert sweep_actions(timezone.now()) == 1
    assert PowerAction.objects.get().state == {"requested": "failed", "sent": "unknown"}[state]
