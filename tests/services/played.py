"""The collector's days in seconds: its schedule and its ears on a clock of the test's own, with a provider to match."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from tests.services.collector_kit import NOON, RUNNING, answer, seconds
from vps import access
from vps.provider.errors import ProviderError
from vps.provider.replies import Status as Reply
from vps.services.hearing import Ears
from vps.services.readings import tell_interval
from vps.services.schedule import Schedule, Target

PLAN_SECONDS = 2.0


class Played:
    """`run` lets time pass. `tell` is the provider: what it says to the target that is asked, `took` seconds later.
    Every answer is taken in as the collector takes it, and what is heard is written."""

    def __init__(self, wanted: float = 10.0, calls_per_minute: float = 60_000, threads: int = 64) -> None:
        self.schedule = Schedule(wanted, calls_per_minute, threads)
        self.ears = Ears(self.schedule)
        self.now = self.began = 1000.0
        self.took, self.threads = 0.05, threads
        self.tell: Callable[[Target], Reply | ProviderError] = lambda target: RUNNING
        self.asked: list[tuple[float, Target]] = []
        self._calls: list[tuple[float, Target, Reply | ProviderError]] = []
        self._planned = float("-inf")

    @property
    def at(self) -> datetime:
        return NOON + seconds(self.now - self.began)

    def run(self, passed: float, step: float = 0.25) -> None:
        for _turn in range(round(passed / step)):
            if self.now - self._planned >= PLAN_SECONDS:
                self.plan()
            self._turn()
            self.now += step

    def until(self, ready: Callable[[], object], patience: float) -> float:
        """Lets time pass until that is so; how long it took."""
        began = self.now
        while not ready():
            assert self.now - began < patience, f"in {patience} s it did not come"
            self.run(0.5)
        return self.now - began

    def plan(self) -> None:
        self._planned = self.now
        self.schedule.plan(access.machine_readers(), self.now)
        for interval, wanted, machines in self.schedule.slowed(self.now):
            self.ears.write()
            tell_interval(machines, interval, wanted, self.at)

    def _turn(self) -> None:
        for target in self.schedule.due(self.now, self.threads - len(self._calls)):
            self.asked.append((self.now, target))
            self._calls.append((self.now + self.took, target, self.tell(target)))
        over = [call for call in self._calls if call[0] <= self.now]
        self._calls = [call for call in self._calls if call[0] > self.now]
        for _until, target, told in over:
            self.ears.hear(target, replace(answer(told, at=self.at), took=self.took), self.now)
        for target in self.schedule.held_up(self.now):
            self.ears.hold_up(target, self.now)
        self.ears.write_if_due(self.now)

    def moments(self, machine_id: int) -> list[float]:
        """When the machine was asked, in seconds since all began."""
        return [at - self.began for at, target in self.asked if target.machine_id == machine_id]
