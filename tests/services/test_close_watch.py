"""Machines in motion are asked every 2 s, as far as their token carries; the others wait longer, but not for ever."""

import itertools
import uuid

import pytest

from tests.services.collector_kit import Round, answer, reader
from vps.access import Reader
from vps.provider.errors import RateLimited
from vps.provider.rates import Rate
from vps.services.hearing import WRITE_SECONDS
from vps.services.readings import lateness
from vps.services.schedule import Schedule, Target

ANNA, BEN = uuid.UUID(int=1), uuid.UUID(int=2)
FREELY = 60_000.0


def fleet(machines: int, token: uuid.UUID = ANNA, first: int = 1) -> list[Reader]:
    return [reader(number, token) for number in range(first, first + machines)]


def settled(machines: int, calls_per_minute: float, seconds: float = 300.0) -> Round:
    """A round that has found its pace."""
    round_ = Round(calls_per_minute=calls_per_minute)
    round_.plan(fleet(machines))
    round_.run(seconds)
    return round_


def since(round_: Round, machine: int, moment: float) -> list[float]:
    """When it was asked after that moment, in seconds from it."""
    return [at - moment for at in round_.times(machine) if at >= moment]


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(times)]


@pytest.mark.parametrize(
    ("machines", "calls_per_minute"), [(3, FREELY), (100, FREELY), (1, 60), (8, 60), (60, 60)]
)
def test_a_machine_in_motion_is_asked_at_once_and_then_every_two_seconds(
    machines: int, calls_per_minute: float
) -> None:
    round_ = settled(machines, calls_per_minute)
    began = round_.now
    round_.schedule.watch({1}, began)
    round_.run(60)
    times = since(round_, 1, began)
    assert times[0] <= 1.3  # at the next call that the allowance has
    assert max(gaps(times)) <= 2.0 + 1.3
    assert len(times) >= 28


def test_the_usual_interval_is_back_when_it_has_come_to_rest() -> None:
    round_ = settled(8, 60)
    round_.schedule.watch({1}, round_.now)
    round_.run(30)
    round_.schedule.watch(set(), round_.now)
    began = round_.now
    round_.run(120)
    for machine in range(1, 9):
        times = since(round_, machine, began)
        assert 11 <= len(times) <= 13
        assert max(gaps(times)[2:]) <= 11.5


def test_the_others_go_on_with_what_is_left_of_the_allowance() -> None:
    round_ = settled(60, 60)
    began = round_.now
    round_.schedule.watch({1, 2, 3}, began)
    round_.run(600)
    rest = [len(since(round_, machine, began)) for machine in range(4, 61)]
    assert min(rest) >= 2
    assert max(rest) - min(rest) <= 2
    assert round_.most_in(60.0) <= 60


def test_where_all_are_in_motion_none_comes_before_another() -> None:
    round_ = settled(30, 60)
    began = round_.now
    round_.schedule.watch(set(range(1, 31)), began)
    round_.run(600)
    counts = [len(since(round_, machine, began)) for machine in range(1, 31)]
    assert max(counts) - min(counts) <= 3
    assert round_.schedule.interval(round_.schedule.targets[1, 0], round_.now) == 36.0
    assert round_.most_in(60.0) <= 60


def test_another_tokens_machines_do_not_notice() -> None:
    round_ = Round(calls_per_minute=60)
    round_.plan([*fleet(8, ANNA), *fleet(8, BEN, first=101)])
    round_.run(100)
    round_.schedule.watch({1, 2, 3, 4}, round_.now)
    began = round_.now
    round_.run(100)
    for machine in range(101, 109):
        assert max(gaps(since(round_, machine, began))) <= 11.5


def test_a_limit_of_the_provider_is_kept_in_motion_too() -> None:
    round_ = settled(3, FREELY, 20)
    told = answer(rate=Rate(limit=60, remaining=0, reset_after=30.0))
    round_.answers = lambda target, now: told
    round_.schedule.watch({1, 2, 3}, round_.now)
    round_.run(1)
    round_.answers = lambda target, now: answer(RateLimited("", retry_after=30.0))
    began = round_.now
    round_.run(29)
    assert [at for at, _target in round_.sent if at >= began + 1] == []


def test_a_call_under_way_when_it_begins_to_move_is_followed_by_another_within_two_seconds() -> None:
    round_ = settled(1, FREELY, 12)
    round_.latency = 4.0
    while round_.schedule.targets[1, 0].asked is None:
        round_.run(0.05)
    began = round_.now
    round_.schedule.watch({1}, began)
    round_.run(7)
    assert since(round_, 1, began)[0] <= 4.0 + 2.1


class Late:
    """Machines of one token, some of which move now and then: how late a check was ever written, in seconds."""

    def __init__(self, machines: int, calls_per_minute: float) -> None:
        self.schedule, self.now = Schedule(10.0, calls_per_minute), 1000.0
        self.readers = fleet(machines)
        self.late_at: dict[int, float] = {}
        self.worst = float("-inf")

    def run(self, seconds: float, moving: set[int], step: float = 0.1) -> None:
        until, planned = self.now + seconds, float("-inf")
        calls: list[tuple[float, Target]] = []
        while self.now < until:
            if self.now - planned >= 2:
                self.schedule.plan(self.readers, self.now)
                self.schedule.watch(moving, self.now)
                planned = self.now
                self._tell()
            calls += [(self.now + 0.1, target) for target in self.schedule.due(self.now, 64)]
            for call in [call for call in calls if call[0] <= self.now]:
                calls.remove(call)
                self._hear(call[1])
            self.now += step
        for _at, target in calls:
            self._hear(target)

    def _tell(self) -> None:
        for interval, _wanted, machines in self.schedule.slowed(self.now):
            due = self.now + interval + lateness(interval).total_seconds()
            for machine in machines:
                self.late_at[machine] = max(due, self.late_at.get(machine, 0.0))

    def _hear(self, target: Target) -> None:
        self.schedule.learn(ANNA, answer(), self.now)
        interval = self.schedule.interval(target, self.now)
        due = self.schedule.next_due(target, interval, self.now)
        known = self.late_at.get(target.machine_id, float("inf"))
        self.worst = max(self.worst, self.now + WRITE_SECONDS - known)
        self.late_at[target.machine_id] = due + lateness(interval).total_seconds()
        self.schedule.finish(target, due)


@pytest.mark.parametrize("machines", [1, 5, 8, 9, 30, 100])
@pytest.mark.parametrize("moving", [1, 3, 30])
def test_no_check_is_late_when_machines_begin_to_move_or_come_to_rest(machines: int, moving: int) -> None:
    late = Late(machines, 60)
    late.run(400, set())
    for seconds in (10, 90):
        late.run(seconds, set(range(1, min(moving, machines) + 1)))
        late.run(400, set())
    assert late.worst < 0
