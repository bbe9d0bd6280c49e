"""What the collector asks next, and when. Knows no database and no network; times are monotonic seconds."""

import heapq
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from uuid import UUID

from vps.access import Reader
from vps.provider.errors import RateLimited
from vps.services.checks import Answer
from vps.services.pace import Pace

RECHECK_SECONDS = 300.0


@dataclass
class Target:
    """One machine (`access_id` 0), read by the first of its readers that is not refused; or one access that the
    machine's own check does not use, proved anew every 5 minutes."""

    machine_id: int
    access_id: int
    readers: list[Reader]
    due: float
    under_way: bool = False
    queued: int = field(default=-1)

    @property
    def key(self) -> tuple[int, int]:
        return self.machine_id, self.access_id

    @property
    def reader(self) -> Reader:
        return next((reader for reader in self.readers if not reader.refused), self.readers[0])

    def refuse(self, access_id: int) -> None:
        """The provider refuses this reader from now on; another one takes over, if there is a good one."""
        self.readers = [
            replace(reader, refused=True) if reader.access_id == access_id else reader
            for reader in self.readers
        ]


class Schedule:
    def __init__(self, wanted: float, calls_per_minute: float) -> None:
        self.wanted = wanted
        self.calls_per_minute = calls_per_minute
        self.targets: dict[tuple[int, int], Target] = {}
        self.paces: dict[UUID, Pace] = {}
        self._load: Counter[UUID] = Counter()
        self._heap: list[tuple[float, int, tuple[int, int]]] = []
        self._lines: OrderedDict[UUID, deque[tuple[int, Target]]] = OrderedDict()
        self._numbers = count()

    def plan(self, readers: Iterable[Reader], now: float) -> None:
        """Takes over who may read what now: new machines are due at once, lost ones are dropped."""
        wanted = {target.key: target for target in _targets(readers, now)}
        for key in self.targets.keys() - wanted.keys():
            del self.targets[key]
        for key, fresh in wanted.items():
            known = self.targets.get(key)
            if known is None:
                self.targets[key] = fresh
                self._queue(fresh)
                continue
            regained = known.reader.refused and not fresh.reader.refused
            known.readers = fresh.readers
            if regained and not known.under_way:
                self.postpone(known, now)
        self._load = Counter(
            target.reader.grant.token_id for target in wanted.values() if not target.access_id
        )

    def pace(self, token_id: UUID, now: float) -> Pace:
        if token_id not in self.paces:
            self.paces[token_id] = Pace(self.calls_per_minute, now)
        return self.paces[token_id]

    def learn(self, token_id: UUID, answer: Answer, now: float) -> None:
        """What an answer tells of its token's allowance."""
        pace = self.pace(token_id, now)
        if isinstance(answer.error, RateLimited):
            pace.refused(answer.error.retry_after, now)
        else:
            pace.learn(answer.rate, now)

    def interval(self, target: Target, now: float) -> float:
        """Whole seconds between two checks of this target: as wanted, or as its token's allowance carries."""
        if target.access_id or target.reader.refused:
            return RECHECK_SECONDS
        token_id = target.reader.grant.token_id
        carried = self.pace(token_id, now).interval(self.wanted, self._load[token_id])
        return self.wanted if carried <= self.wanted else float(-(-carried // 1))

    def due(self, now: float, most: int) -> Iterator[Target]:
        """Up to `most` targets whose time has come and whose token allows a call now, which is counted. They are
        under way from then on, until `finish`. Tokens take turns; in each one's line the first come goes first."""
        self._line_up(now)
        for token_id in list(self._lines):
            line, pace = self._lines[token_id], self.pace(token_id, now)
            while line and most > 0:
                if not self._waits(*line[0]):
                    line.popleft()
                elif pace.take(now):
                    target = line.popleft()[1]
                    target.under_way = True
                    most -= 1
                    yield target
                else:
                    break
            self._lines.move_to_end(token_id)
            if not line:
                del self._lines[token_id]

    def held_up(self, now: float) -> Iterator[Target]:
        """The targets that would have been asked by now, but whose token's limit forbids it for longer than their
        interval. They are due again when it allows."""
        self._line_up(now)
        for token_id, line in self._lines.items():
            until = self.pace(token_id, now).blocked_until
            for _turn in range(len(line)):
                number, target = line.popleft()
                if not self._waits(number, target):
                    continue
                if until - now > self.interval(target, now):
                    self.postpone(target, until)
                    yield target
                else:
                    line.append((number, target))

    def postpone(self, target: Target, due: float) -> None:
        target.due = due
        self._queue(target)

    def finish(self, target: Target, due: float) -> None:
        """Its call has ended; the next one is due then, if it is still to be read."""
        target.under_way = False
        if self.targets.get(target.key) is target:
            self.postpone(target, due)

    def _line_up(self, now: float) -> None:
        while self._heap and self._heap[0][0] <= now:
            _due, number, key = heapq.heappop(self._heap)
            target = self.targets.get(key)
            if target is not None and self._waits(number, target):
                line = self._lines.setdefault(target.reader.grant.token_id, deque())
                line.append((number, target))

    def _waits(self, number: int, target: Target) -> bool:
        """Whether this entry still speaks for the target: it was not queued anew, sent or dropped meanwhile."""
        return target.queued == number and not target.under_way and self.targets.get(target.key) is target

    def _queue(self, target: Target) -> None:
        target.queued = next(self._numbers)
        heapq.heappush(self._heap, (target.due, target.queued, target.key))


def _targets(readers: Iterable[Reader], now: float) -> Iterator[Target]:
    machines: dict[int, list[Reader]] = {}
    for reader in readers:
        machines.setdefault(reader.machine_id, []).append(reader)
    for machine_id, ways in machines.items():
        target = Target(machine_id, 0, ways, now)
        yield target
        for spare in ways:
            if spare.access_id != target.reader.access_id and (spare.refused or spare.by_hand):
                # spread over the five minutes, so that they do not come all at once
                wait = RECHECK_SECONDS * ((spare.access_id * 0.618) % 1)
                yield Target(machine_id, spare.access_id, [spare], now + wait)
