"""No card ever says late while the collector does all that the provider and the allowance let it do."""

import uuid
from dataclasses import replace

import pytest
from django.contrib.auth.models import User

from tests.rows import give_machine, give_token
from tests.services.collector_kit import NOON, answer, reader, seconds
from tests.services.played import Played
from vps.models import Status
from vps.provider.errors import Unreachable
from vps.services.readings import lateness
from vps.services.schedule import Schedule, Target

ANNA = uuid.UUID(int=1)
WRITTEN = 0.5  # seconds after an answer came, at the latest


class Late:
    """The schedule of machines and listings of one token: how late a check was ever written, in seconds."""

    def __init__(self, machines: int, listings: int, calls_per_minute: int = 60) -> None:
        self.schedule, self.now = Schedule(10.0, calls_per_minute), 1000.0
        ways = [reader(number + 1, ANNA) for number in range(machines)]
        self.readers = [
            replace(way, grant=replace(way.grant, project=f"prj-{number % listings}"))
            for number, way in enumerate(ways)
        ]
        self.listings = [self.now + 300 * number / listings for number in range(listings)]
        self.late_at: dict[int, float] = {}
        self.worst = float("-inf")

    def run(self, passed: float, step: float = 0.1) -> float:
        until, planned = self.now + passed, float("-inf")
        calls: list[tuple[float, Target]] = []
        while self.now < until:
            if self.now - planned >= 2:
                self.schedule.plan(self.readers, self.now)
                planned = self.now
                self._list()
            calls += [(self.now + 0.1, target) for target in self.schedule.due(self.now, 64)]
            for call in [call for call in calls if call[0] <= self.now]:
                calls.remove(call)
                self._hear(call[1])
            self.now += step
        return self.worst

    def _list(self) -> None:
        for place, due in enumerate(self.listings):
            if self.now >= due and self.schedule.pace(ANNA, self.now).take(self.now):
                self.listings[place] = self.now + 300

    def _hear(self, target: Target) -> None:
        self.schedule.learn(ANNA, answer(), self.now)
        interval = self.schedule.interval(target, self.now)
        due = self.schedule.next_due(target, interval, self.now)
        known = self.late_at.get(target.machine_id, float("inf"))
        self.worst = max(self.worst, self.now + WRITTEN - known)
        self.late_at[target.machine_id] = due + lateness(interval).total_seconds()
        self.schedule.finish(target, due)


@pytest.mark.parametrize(("machines", "listings"), [(9, 1), (9, 9), (8, 8), (18, 18), (5, 5), (30, 1)])
def test_at_the_edge_of_the_budget_no_check_is_late_in_two_hours(machines: int, listings: int) -> None:
    assert Late(machines, listings).run(7200) < 0


@pytest.mark.django_db
def test_a_provider_that_hangs_makes_the_interval_longer_and_no_machine_late(anna: User) -> None:
    token = give_token(anna)
    for _machine in range(300):
        give_machine(token, due_at=NOON, late_at=NOON + seconds(20))
    played = Played()
    played.run(25)
    assert set(Status.objects.values_list("interval", flat=True)) == {10.0}
    played.took, played.tell = 5.0, lambda target: Unreachable("timeout")
    for _look in range(60):
        played.run(2)
        assert not Status.objects.filter(late_at__lt=played.at).exists(), played.now
    longer = set(Status.objects.values_list("interval", flat=True))
    assert min(longer) >= 300 * 5 / 64
    assert max(longer) <= 30
    played.took, played.tell = 0.05, Played().tell
    played.run(90)
    assert set(Status.objects.values_list("interval", flat=True)) == {10.0}
    assert not Status.objects.filter(late_at__lt=played.at).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("hanging", [4, 12])
def test_machines_that_hang_longer_than_the_interval_are_never_late(anna: User, hanging: int) -> None:
    token = give_token(anna)
    machines = [give_machine(token, interval=2.0, due_at=NOON, late_at=NOON + seconds(8)) for _ in range(12)]
    stuck = {machine.pk for machine in machines[:hanging]}
    played = Played(wanted=2.0)
    played.run(5)
    played.tell = lambda target: (
        Unreachable("timeout") if target.machine_id in stuck else Played().tell(target)
    )
    played.took = 5.0
    for _look in range(240):
        played.run(0.5)
        assert not Status.objects.filter(late_at__lt=played.at).exists(), played.now
