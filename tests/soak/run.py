"""One soak, from the first process to the verdict."""

import re
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from django.contrib.auth.models import User
from django.utils import timezone

from tests.bench.collector_round import add_token
from tests.prove.archive import come_to_rest, rows_now
from tests.prove.history import History, lies
from tests.prove.web import Visitor
from tests.prove.witness import Witness
from tests.soak.ledger import Asked, Rounds, growth
from tests.soak.people import Presses, Viewers
from tests.soak.stage import Second, Serve, Stage
from vps.models import Machine, PowerAction, Sample, Status

Say = Callable[[str], None]

LOOK_SECONDS = 5.0
PRESSERS = 4
PRESS_SECONDS = 4.0  # at most between two presses of one of them
AFTER_KILL = 3.0  # intervals in which a machine may be asked once more than it should
AFTER_PRESS = 110.0  # seconds in which a machine may be watched closely
# What is killed when: (second of the minute, process). The first collector grows old for ten minutes.
KILLS = ((20, "second collector"), (40, "web worker"))
RARE = 10
EXPECTED = re.compile(r"ended with -9: starting it again|was sent SIGKILL|Worker exiting")
COMPLAINT = re.compile(r"Traceback| ERROR | CRITICAL |\[ERROR\]|\[CRITICAL\]")
TOO_LATE = re.compile(r"timeout\) is known")  # where all is busy, an answer may come after the deadline
WAITED_FOR = "the database is away"  # said where a lock takes long; nothing is lost by it


def soak(options: Namespace, folder: Path, say: Say) -> list[str]:
    """What was wrong, in words."""
    with opened(options, folder) as run:
        run.warm_up(say)
        for minute in range(1, options.minutes + 1):
            run.spend_minute(minute, say)
        faults = run.verdict()
    crowd = run.crowd
    say(
        f"{len(crowd.clicks)} clicks, {len(crowd.provider.deeds)} calls, {crowd.storms} faults, {run.kills} kills"
    )
    return faults


@contextmanager
def opened(options: Namespace, folder: Path) -> Iterator["Run"]:
    with Witness(machines=options.machines) as provider, ExitStack() as stack:
        told = {"control": provider.control, **provider.told()}
        add_token(told)
        serve = Serve(folder, provider.api, interval=options.interval)
        second = Second(folder, provider.api, interval=options.interval) if options.collectors > 1 else None
        for server in (serve, second):
            if server:
                stack.callback(end, server)
                server.start()
        run = Run(options, provider, Stage(serve, second))
        try:
            yield run
        finally:
            run.end()


def end(server: Serve | Second) -> None:
    """In order, so that `serve` ends what it started; then by force."""
    if server.process and server.process.poll() is None:
        server.process.terminate()
        try:
            server.process.wait(20)
        finally:
            server.kill()


class Run:
    def __init__(self, options: Namespace, provider: Witness, stage: Stage) -> None:
        self.options, self.provider, self.stage = options, provider, stage
        person, machines = User.objects.get(), list(Machine.objects.all())
        visitors = [
            (person, Visitor.of(person, stage.serve)) for _each in range(max(options.viewers, PRESSERS))
        ]
        self.crowd = Presses(
            provider, [stage.serve], stage.serve, options.seed, machines, pause=PRESS_SECONDS
        )
        self.viewers = Viewers(stage.serve.url, visitors[: options.viewers], machines)
        self.pressers = visitors[:PRESSERS]
        self.rounds = Rounds(options.interval)
        self.kills = self._last = 0
        self.begun = False
        self.too_soon: list[Asked] = []

    def warm_up(self, say: Say) -> None:
        """All is heard of before anybody comes, and then nothing is asked for the first time."""
        wait(lambda: not Status.objects.filter(heard_at=None).exists(), 60)
        time.sleep(self.options.interval)
        self._take_calls(excuse=True)
        self.begun = True
        self.viewers.begin()
        self.crowd.begin(self.pressers)
        say(
            "minute: calls, rounds missed, doubled; samples written; answers to viewers; MB/descriptors; complaints"
        )

    def spend_minute(self, minute: int, say: Say) -> None:
        began, calls, samples = time.monotonic(), self.rounds.calls, Sample.objects.count()
        due = [(second, name) for second, name in KILLS]
        if minute % RARE == 0:
            due.append((50, "collector"))
        while (passed := time.monotonic() - began) < 60:
            while due and passed >= due[0][0]:
                self._kill(due.pop(0)[1])
            self.stage.look()
            self._take_calls()
            time.sleep(LOOK_SECONDS)
        written = Sample.objects.count() - samples
        say(
            f"{minute}: {self.rounds.calls - calls} calls, {self.rounds.missed} missed, {self.rounds.doubled} doubled; "
            f"{written} written; {dict(sorted(self.viewers.answers.items()))}, slowest {self.viewers.slowest:.1f} s; "
            f"{self.stage.told()}; {sum(1 for _line in complaints(self.stage))}"
        )

    def _kill(self, name: str) -> None:
        if self.stage.kill(name):
            self.kills += 1
            self.rounds.excuse(time.time() + AFTER_KILL * self.options.interval)

    def _take_calls(self, *, excuse: bool = False) -> None:
        """What was asked since the last look. Presses and faults explain what is asked of their machines."""
        receipts = self.provider.calls.received(after=self._last)
        for receipt in receipts:
            self._last = max(self._last, receipt.number)
        pressed = [(click.pressed_at, click.machine) for click in self.crowd.clicks[-200:]]
        pressed += [
            (deed.at, deed.machine) for deed in self.provider.deeds[-200:]
        ]  # a click is known when it ends
        for at, product in pressed:
            self.rounds.excuse(at + AFTER_PRESS, product)
        for product, at in list(self.crowd.struck.items()):
            self.rounds.excuse(at + AFTER_KILL * self.options.interval, product)
        if excuse:
            self.rounds.excuse(time.time())
        asked = [Asked(r.at, r.product, r.token) for r in receipts if r.kind == "status"]
        self.too_soon += self.rounds.note(asked)

    def end(self) -> None:
        if self.begun:
            self.begun = False
            self.viewers.end()
            self.crowd.end()

    def verdict(self) -> list[str]:
        self.end()
        come_to_rest()
        found = [
            line
            for process, told in self.stage.readings.items()
            for line in growth(f"{process.name} {process.pid}", told)
        ]
        if self.too_soon:
            some = ", ".join(f"{call.machine} at {call.at:.1f}" for call in self.too_soon[:5])
            found.append(f"{len(self.too_soon)} status calls came too soon after the one before: {some}")
        told = lies(History(self.crowd.clicks, self.provider.deeds, self.provider.sights, rows_now()))
        found += [lie for lie in told if not TOO_LATE.search(lie)]
        broken = {status: n for status, n in self.viewers.answers.items() if status >= 500}
        if broken:
            found.append(f"viewers were told {broken}")
        found += self._untrue()
        return [*found, *(line for line in complaints(self.stage) if WAITED_FOR not in line)]

    def _untrue(self) -> list[str]:
        """With all faults gone, each card says within three intervals what its machine says."""
        patience = 3 * self.options.interval + 10
        wait(lambda: not self._differ(), patience, strict=False)
        return [
            f"{product} is not shown as it is, {patience:.0f} s after the last fault"
            for product in self._differ()
        ]

    def _differ(self) -> list[str]:
        since = timezone.now() - timedelta(seconds=2 * self.options.interval)
        rows = Status.objects.select_related("machine")
        moving = set(PowerAction.objects.filter(observed="watching").values_list("machine", flat=True))
        now = self.provider.world.now()
        return [
            row.machine.product
            for row in rows
            if row.machine_id not in moving
            and (
                row.problem
                or not row.heard_at
                or row.heard_at < since
                or row.word != word_of(self.provider, row, now)
            )
        ]


def word_of(provider: Witness, row: Status, now: float) -> object:
    return provider.machine(row.machine.product).status(now)["status"]


def complaints(stage: Stage) -> Iterator[str]:
    """Lines of the processes' logs that tell of an error, but for those of the kills."""
    for server in (stage.serve, stage.second):
        if server:
            for line in server.log.read_text(errors="replace").splitlines():
                if COMPLAINT.search(line) and not EXPECTED.search(line):
                    yield f"log: {line[:200]}"


def wait(ready: Callable[[], bool], patience: float, *, strict: bool = True) -> None:
    deadline = time.monotonic() + patience
    while not ready() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert ready() or not strict, f"it took more than {patience:.0f} s"
