"""What the tests of the collector's parts share: readers, answers, and a collector that runs in a thread."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from tests.rows import give_machine, heard
from vps.access import Operation, Reader, ReadGrant, machine_readers
from vps.models import Machine, Status, Token, TokenProject
from vps.provider.client import Client, ReadingClient
from vps.provider.errors import ProviderError
from vps.provider.rates import Rate
from vps.provider.replies import Status as Reply
from vps.services import calls, collection
from vps.services.asking import Answer
from vps.services.collection import Collector
from vps.services.hearing import Ears
from vps.services.readings import Reading
from vps.services.schedule import Schedule, Target

NOON = datetime(2026, 11, 2, 12, 0, 0, tzinfo=UTC)
PATIENCE = 20.0

RUNNING = Reply(
    agent=True,
    version="7.2.0",
    status="running",
    uptime=3600,
    cpu=15.0,
    cpus=2,
    memory_used=512.0,
    memory_total=1024.0,
    memory_percent=50.0,
    disk=5_000_000_000,
    maxdisk=25_000_000_000,
)
STOPPED = replace(RUNNING, status="stopped", uptime=0, cpu=0.0, memory_used=0.0, memory_percent=0.0)


def reader(machine: int, token: uuid.UUID, *, access: int = 0, **fields: Any) -> Reader:
    """A way to read a machine; its access has the machine's number unless one is given."""
    grant = ReadGrant(Operation.STATUS, "prj-1", f"vm-{machine}", token, b"sealed", f"token/{token}/1")
    told: dict[str, Any] = {"refused": False, "unproved": False, "grant": grant} | fields
    return Reader(machine_id=machine, access_id=access or machine, **told)


def reading(machine: Machine, at: datetime, told: Reply | ProviderError, **fields: Any) -> Reading:
    """A check with the access that the machine has, if any."""
    access = machine.accesses.first()
    usual: dict[str, Any] = {"interval": 10.0, "wait": 10.0, "access_id": access.pk if access else 0}
    told_by = {"error": told} if isinstance(told, ProviderError) else {"reply": told}
    return Reading(machine_id=machine.pk, at=at, **(usual | told_by | fields))


def answer(told: Reply | ProviderError = RUNNING, rate: Rate | None = None, at: datetime = NOON) -> Answer:
    known = rate or Rate()
    if isinstance(told, ProviderError):
        return Answer(at, known, error=told)
    return Answer(at, known, reply=told)


class Round:
    """A schedule on a clock of its own, whose provider answers each call `latency` seconds after it was sent."""

    def __init__(
        self, wanted: float = 10.0, calls_per_minute: float = 60.0, threads: int = 64, idle: float = 0.0
    ) -> None:
        self.schedule = Schedule(wanted, calls_per_minute, idle=idle)
        self.now, self.threads = 1000.0, threads
        self.latency = 0.05
        self.answers: Callable[[Target, float], Answer] = lambda target, now: answer()
        self.sent: list[tuple[float, Target]] = []
        self.held: list[tuple[float, Target]] = []
        self._under_way: list[tuple[float, Target, Answer]] = []

    def plan(self, readers: list[Reader]) -> None:
        self.schedule.plan(readers, self.now)

    def run(self, seconds: float, step: float = 0.05) -> "Round":
        until = self.now + seconds
        while self.now < until:
            self._turn()
            self.now += step
        return self

    def _turn(self) -> None:
        for target in self.schedule.due(self.now, self.threads - len(self._under_way)):
            self.sent.append((self.now, target))
            self._under_way.append((self.now + self.latency, target, self.answers(target, self.now)))
        for done in [call for call in self._under_way if call[0] <= self.now]:
            self._under_way.remove(done)
            self._hear(done[1], done[2])
        self.held += [(self.now, target) for target in self.schedule.held_up(self.now)]

    def _hear(self, target: Target, told: Answer) -> None:
        assert target.asked is not None
        self.schedule.learn(target.asked.grant.token_id, told, self.now, target.machine_id)
        interval = self.schedule.interval(target, self.now)
        self.schedule.finish(target, self.schedule.next_due(target, interval, self.now))

    def times(self, machine: int) -> list[float]:
        return [at for at, target in self.sent if target.machine_id == machine and not target.access_id]

    def most_in(self, seconds: float) -> int:
        """The most calls in any so many seconds."""
        at = [moment for moment, _target in self.sent]
        return max((sum(start <= t < start + seconds for t in at) for start in at), default=0)


class Hearing:
    """The ears on a schedule, with moments that a test sets."""

    def __init__(self, *readers: Reader) -> None:
        self.schedule = Schedule(10.0, 60_000)
        self.ears = Ears(self.schedule)
        self.now = 1000.0
        self.schedule.plan(readers, self.now)

    def ask(self) -> list[Target]:
        return list(self.schedule.due(self.now, 64))

    def hear(self, target: Target, told: Reply | ProviderError = RUNNING, at: datetime = NOON) -> bool:
        return self.ears.hear(target, answer(told, at=at), self.now)

    def wait(self, seconds: float) -> None:
        self.now += seconds


def listen() -> Hearing:
    """To everything that may be read now."""
    return Hearing(*machine_readers())


def eventually(ready: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Waits until that is so, and fails with `what` when it does not come."""
    deadline = time.monotonic() + patience
    while not ready():
        if time.monotonic() > deadline:
            pytest.fail(f"In {patience:.0f} s it did not come that {what}.")
        time.sleep(0.02)


@contextmanager
def collecting(collector: Collector | None = None) -> Iterator[Collector]:
    """A collector that runs in a thread of its own, and is ended; what it raised fails the test."""
    running = collector or Collector(threads=8)
    raised: list[BaseException] = []

    def run() -> None:
        try:
            running.run()
        except BaseException as error:  # noqa: BLE001  # handed over to the test's own thread
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run, name="collector")
    thread.start()
    try:
        yield running
    finally:
        running.stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()
    assert not raised, raised


def status_of(machine: Machine) -> Status:
    return Status.objects.get(machine=machine)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def known_machine(token: Token, **fields: Any) -> Machine:
    """Heard of 10 s before noon, and all as RUNNING says."""
    at = NOON - seconds(10)
    usual = heard(at) | {"booted_at": NOON - seconds(3600), "spark": [15], "spark_at": at, "revision": 0}
    return give_machine(token, **(usual | fields))


def hurry(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks each half second, so that no test waits long for the next one."""
    settings.VPS_INTERVAL = settings.VPS_IDLE_INTERVAL = 0.5
    settings.VPS_CALLS_PER_MINUTE = 100_000
    monkeypatch.setattr(collection, "PLAN_SECONDS", 0.2)


def machines_of(token: Token) -> list[Machine]:
    return list(Machine.objects.filter(accesses__token=token).order_by("pk"))


def all_heard(token: Token) -> bool:
    return all(status_of(machine).word and not status_of(machine).problem for machine in machines_of(token))


def let_time_pass(since: timedelta) -> None:
    """The last listing of every project was so long ago."""
    TokenProject.objects.update(checked_at=timezone.now() - since)


class Timed(ReadingClient):
    """The provider's client, with how long each call took."""

    took: list[float] = []

    def status(self, project: str, product: str) -> Any:
        began = time.monotonic()
        try:
            return super().status(project, product)
        finally:
            self.took.append(time.monotonic() - began)


def give_deadline(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """To all calls, of readers and of who acts."""

    def bounded(kind: Any) -> Any:
        return lambda url, token, session: kind(url, token, session=session, deadline=seconds)

    monkeypatch.setattr(Timed, "took", [])
    monkeypatch.setattr(calls, "Client", bounded(Client))
    monkeypatch.setattr(calls, "ReadingClient", bounded(Timed))
