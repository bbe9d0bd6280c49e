"""What the collector asks next, and when. Knows no database and no network; times are monotonic seconds."""

import heapq
import math
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
GOLDEN = 0.618033988749895  # its multiples fall evenly between 0 and 1
SLOWER = 1.25


@dataclass
class Target:
    """One machine (`access_id` 0), read by the first of its readers that is not refused; or one access that the
    machine's own check does not use, proved anew every 5 minutes. `asked` is the reader whose call is under way."""

    machine_id: int
    access_id: int
    readers: list[Reader]
    due: float
    asked: Reader | None = None
    queued: int = field(default=-1)

    @property
    def key(self) -> tuple[int, int]:
        return self.machine_id, self.access_id

    @property
    def reader(self) -> Reader:
        return next((reader for reader in self.readers if not reader.refused), self.readers[0])

    def has_other(self, reader: Reader) -> bool:
        """Whether somebody else's good access reads the machine as well."""
        return any(other.access_id != reader.access_id for other in self.readers if not other.refused)

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
        self._told: dict[UUID, float] = {}
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
            before, known.readers = known.reader, fresh.readers
            if known.asked is None:
                self._follow(known, before, now)
        self._load = Counter(target.reader.grant.token_id for target in wanted.values() if _is_load(target))

    def _follow(self, target: Target, before: Reader, now: float) -> None:
        """A target that waits: at once if it has a good reader again, and in the line of the token that reads it."""
        if before.refused and not target.reader.refused:
            self.postpone(target, now)
        elif before.grant.token_id != target.reader.grant.token_id:
            self.postpone(target, target.due)

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
        return self._carried(token_id, self._load[token_id], now)

    def _carried(self, token_id: UUID, machines: int, now: float) -> float:
        carried = self.pace(token_id, now).interval(self.wanted, machines)
        return self.wanted if carried <= self.wanted else float(math.ceil(carried))

    def next_due(self, target: Target, interval: float, now: float) -> float:
        """The next of the target's own moments: they lie an interval apart, and spread all targets evenly over it.
        Later if its token is blocked for longer."""
        due = _next_moment(target.machine_id + target.access_id, interval, now)
        return max(due, self.pace(target.reader.grant.token_id, now).blocked_until)

    def slowed(self, now: float) -> Iterator[tuple[float, list[int]]]:
        """Where a token now carries much less than its machines were told: their interval, and their ids."""
        for token_id, machines in self._load.items():
            carried = self._carried(token_id, machines, now)
            told = self._told.get(token_id, self.wanted)
            if carried > SLOWER * told and self.pace(token_id, now).answered:
                yield carried, self._read_by(token_id)
                told = carried
            self._told[token_id] = min(told, carried)

    def _read_by(self, token_id: UUID) -> list[int]:
        mine = (t for t in self.targets.values() if _is_load(t) and t.reader.grant.token_id == token_id)
        return [target.machine_id for target in mine]

    def due(self, now: float, most: int) -> Iterator[Target]:
        """Up to `most` targets whose time has come and whose token allows a call now, which is counted. They are
        `asked` from then on, until `finish`. Tokens take turns; in each one's line the first come goes first."""
        self._line_up(now)
        for token_id in list(self._lines):
            line, pace = self._lines[token_id], self.pace(token_id, now)
            while line and most > 0:
                if not self._waits(*line[0]):
                    line.popleft()
                elif pace.take(now):
                    target = line.popleft()[1]
                    target.asked = target.reader
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
            if until - now <= self.wanted:
                continue
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
        target.asked = None
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
        return target.queued == number and target.asked is None and self.targets.get(target.key) is target

    def _queue(self, target: Target) -> None:
        target.queued = next(self._numbers)
        heapq.heappush(self._heap, (target.due, target.queued, target.key))


def _next_moment(number: int, interval: float, now: float) -> float:
    return now + interval - (now - interval * (number * GOLDEN % 1)) % interval


def _is_load(target: Target) -> bool:
    """Whether it takes its share of a token's allowance in each interval."""
    return not target.access_id and not target.reader.refused


def _targets(readers: Iterable[Reader], now: float) -> Iterator[Target]:
    machines: dict[int, list[Reader]] = {}
    for reader in readers:
        machines.setdefault(reader.machine_id, []).append(reader)
    for machine_id, ways in machines.items():
        target = Target(machine_id, 0, ways, now)
        yield target
        for spare in ways:
            if spare.access_id != target.reader.access_id and (spare.refused or spare.by_hand):
                due = _next_moment(machine_id + spare.access_id, RECHECK_SECONDS, now)
                yield Target(machine_id, spare.access_id, [spare], due)
