"""What the collector asks next, and when. Knows no database and no network; times are monotonic seconds."""

import heapq
import math
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Iterator
from itertools import count
from uuid import UUID

from vps.access import Grant, Reader
from vps.provider.errors import RateLimited
from vps.services.checks import Answer
from vps.services.pace import SLACK, Pace
from vps.services.targets import RECHECK_SECONDS, Target, is_load, next_moment, targets_of

__all__ = ["RECHECK_SECONDS", "Schedule", "Target"]

SLOWER = 1.25
MEMORY = 0.05  # the weight of the newest call in the mean time that a call takes


class Schedule:
    def __init__(self, wanted: float, calls_per_minute: float, threads: int = 64) -> None:
        self.wanted = wanted
        self.calls_per_minute = calls_per_minute
        self.threads = threads
        self.targets: dict[tuple[int, int], Target] = {}
        self.paces: dict[UUID, Pace] = {}
        self._load: Counter[UUID] = Counter()
        self._rare: Counter[UUID] = Counter()
        self._seals: dict[UUID, bytes] = {}
        self._call_seconds = 0.0
        self._told: dict[UUID, float] = {}
        self._heap: list[tuple[float, int, tuple[int, int]]] = []
        self._lines: OrderedDict[UUID, deque[tuple[int, Target]]] = OrderedDict()
        self._numbers = count()

    def plan(self, readers: Iterable[Reader], now: float) -> None:
        """Takes over who may read what now: new machines are due at once, lost ones are dropped."""
        wanted = {target.key: target for target in targets_of(readers, now)}
        for key in self.targets.keys() - wanted.keys():
            del self.targets[key]
        for key, fresh in wanted.items():
            known = self.targets.get(key)
            if known is None:
                self.targets[key] = fresh
                self._queue(fresh)
                continue
            before, known.readers = known.reader, fresh.readers
            self._prefer_free(known, now)
            if known.asked is None:
                self._follow(known, before, now)
        self._count(list(self.targets.values()))

    def _count(self, targets: list[Target]) -> None:
        """How much each token is used for: in every interval, and every 5 minutes (proofs, and listings)."""
        self._load = Counter(target.reader.grant.token_id for target in targets if is_load(target))
        self._rare = Counter(target.reader.grant.token_id for target in targets if not is_load(target))
        ways = {
            (reader.grant.token_id, reader.grant.project) for target in targets for reader in target.readers
        }
        self._rare.update(token_id for token_id, _project in ways)
        for grant in {reader.grant.token_id: reader.grant for t in targets for reader in t.readers}.values():
            if self._seals.setdefault(grant.token_id, grant.sealed) != grant.sealed:
                self._seals[grant.token_id] = grant.sealed
                self.paces.pop(grant.token_id, None)  # replaced: what the old one was told holds no longer

    def reads_any(self, token_id: UUID) -> bool:
        """Whether there is a machine that this token reads and is not refused."""
        readers = [r for t in self.targets.values() for r in t.readers if r.grant.token_id == token_id]
        refused = {reader.access_id for reader in readers if reader.refused}
        return any(reader.access_id not in refused for reader in readers)

    def is_current(self, grant: Grant) -> bool:
        """Whether its token was not replaced since the grant was given."""
        return self._seals.get(grant.token_id, grant.sealed) == grant.sealed

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
        self._call_seconds += (answer.took - self._call_seconds) * MEMORY
        if isinstance(answer.error, RateLimited):
            pace.refused(answer.error.retry_after, now)
        else:
            pace.learn(answer.rate, now)

    def interval(self, target: Target, now: float) -> float:
        """Whole seconds between two checks of this target: as wanted, or as its token's allowance carries."""
        if target.access_id or target.reader.refused:
            return RECHECK_SECONDS
        return self.carried(target.reader.grant.token_id, now)

    def carried(self, token_id: UUID, now: float) -> float:
        """Whole seconds between two checks of each machine that this token reads."""
        rare = self._rare[token_id] / RECHECK_SECONDS
        carried = self.pace(token_id, now).interval(self.wanted, self._load[token_id], rare)
        # where calls hang, all the threads together bring no more answers than this
        carried = max(carried, SLACK * self._load.total() * self._call_seconds / self.threads)
        return self.wanted if carried <= self.wanted else float(math.ceil(carried))

    def next_due(self, target: Target, interval: float, now: float) -> float:
        """The next of the target's own moments: they lie an interval apart, and spread all targets evenly over it.
        What is refused waits its whole time. Never before its token can be through with those that wait already."""
        token_id = target.reader.grant.token_id
        pace = self.pace(token_id, now)
        if target.reader.refused and not target.access_id:
            return max(now + interval, pace.blocked_until)
        through = now + len(self._lines.get(token_id, ())) / pace.per_second
        moment = next_moment(target.machine_id + target.access_id, interval, through)
        return max(moment, pace.blocked_until)

    def slowed(self, now: float) -> Iterator[tuple[float, list[int]]]:
        """Where a token now carries much less than its machines were told: their interval, and their ids."""
        for token_id in self._load:
            carried = self.carried(token_id, now)
            told = self._told.get(token_id, self.wanted)
            if carried > SLOWER * told and self.pace(token_id, now).answered:
                yield carried, self._read_by(token_id)
                told = carried
            self._told[token_id] = min(told, carried)

    def _read_by(self, token_id: UUID) -> list[int]:
        mine = (t for t in self.targets.values() if is_load(t) and t.reader.grant.token_id == token_id)
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
                if self.free_reader(target, now):
                    self.postpone(target, now)  # into the other token's line
                elif until - now > self.interval(target, now):
                    self.postpone(target, until)
                    yield target
                else:
                    line.append((number, target))

    def free_reader(self, target: Target, now: float) -> Reader | None:
        """A good reader whose token is not blocked now, if there is any: the present one, if it is such."""
        good = (reader for reader in (target.reader, *target.readers) if not reader.refused)
        return next(
            (reader for reader in good if self.pace(reader.grant.token_id, now).blocked_until <= now), None
        )

    def _prefer_free(self, target: Target, now: float) -> None:
        if free := self.free_reader(target, now):
            target.prefer(free)

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
                self._prefer_free(target, now)
                line = self._lines.setdefault(target.reader.grant.token_id, deque())
                line.append((number, target))

    def _waits(self, number: int, target: Target) -> bool:
        """Whether this entry still speaks for the target: it was not queued anew, sent or dropped meanwhile."""
        return target.queued == number and target.asked is None and self.targets.get(target.key) is target

    def _queue(self, target: Target) -> None:
        target.queued = next(self._numbers)
        heapq.heappush(self._heap, (target.due, target.queued, target.key))
