"""What the collector asks next, and when. Knows no database and no network; times are monotonic seconds."""

import heapq
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from functools import partial
from itertools import count, takewhile
from uuid import UUID

from vps.access import Grant, Reader
from vps.services.asking import Answer
from vps.services.breaker import longest_wait
from vps.services.leases import Held
from vps.services.loads import Loads, Slowed
from vps.services.pace import Pace
from vps.services.targets import RECHECK_SECONDS, Target, is_load, targets_of

__all__ = ["RECHECK_SECONDS", "Schedule", "Target"]

MEMORY = 0.05  # the weight of the newest call in the mean time that a call takes


class Schedule:
    def __init__(
        self,
        wanted: float,
        calls_per_minute: float,
        threads: int = 64,
        idle: float = 0.0,
        new_pace: Callable[[float, float], Pace] = Pace,
    ) -> None:
        """`wanted` seconds between two checks of a machine that somebody looks at, `idle` of any other, if longer."""
        self.wanted = wanted
        self._new_pace = partial(new_pace, calls_per_minute)
        self.targets: dict[tuple[int, int], Target] = {}
        self.paces: dict[UUID, Pace] = {}
        self.loads = Loads(wanted, idle, threads, self.pace)
        self.motion = self.loads.motion
        self._others: list[Target] = []
        self._seals: dict[UUID, bytes] = {}
        self._heap: list[tuple[float, int, tuple[int, int]]] = []
        self._lines: OrderedDict[UUID, deque[tuple[int, Target]]] = OrderedDict()
        self._numbers = count()

    def plan(
        self,
        readers: Iterable[Reader],
        now: float,
        held: Mapping[int, Held] | None = None,
        checks: Mapping[int, tuple[float, float]] | None = None,
    ) -> None:
        """Takes over who may read what now: lost machines are dropped, new ones are due at once. Without leases (None)
        all are this collector's. Of a machine that another one asked before, `checks` tells when its last check was,
        and when its next one is due."""
        wanted = {target.key: target for target in targets_of(readers, now)}
        self._others = [t for t in wanted.values() if held is not None and t.machine_id not in held]
        for target in self._others:
            del wanted[target.key]
        for key in self.targets.keys() - wanted.keys():
            del self.targets[key]
        for key, fresh in wanted.items():
            fresh.held = held[fresh.machine_id] if held is not None else None
            known = self.targets.get(key)
            if known is None or known.held != fresh.held:
                if checks and fresh.machine_id in checks:
                    fresh.go_on(*checks[fresh.machine_id], now, self.loads.wanted_for(fresh))
                self.targets[key] = fresh
                self._queue(fresh)
                continue
            before, known.readers = known.reader, fresh.readers
            known.prefer(self.free_reader(known, now))
            if known.asked is None:
                self._follow(known, before, now)
        self._count()

    def watch(self, machines: Set[int], now: float) -> None:
        """These machines are in motion: whoever begins to be is asked at once, and then closely."""
        if machines == self.motion.machines:
            return
        keys = ((machine_id, 0) for machine_id in self.motion.begin(machines))
        fresh = (self.targets[key] for key in keys if key in self.targets)
        for target in sorted(fresh, key=lambda target: target.due):
            if target.asked is None:
                target.close = True
                self.postpone(target, now)
        self.loads.count(self.targets.values(), self._others)

    def attend(self, machines: Set[int], now: float) -> None:
        """Somebody looks at these machines: whoever begins to be looked at is due as soon as the others."""
        if machines == self.loads.watched:
            return
        fresh = machines - self.loads.watched
        self.loads.watched = machines
        self.loads.count(self.targets.values(), self._others)
        waiting = [target for key in fresh if (target := self.targets.get((key, 0))) and target.asked is None]
        for target in sorted(waiting, key=lambda target: target.due):
            due = max(now, target.asked_at + self.interval(target, now))
            if due < target.due and is_load(target):
                self.postpone(target, due)

    def _count(self) -> None:
        """What each token is used for now, by this collector and all others."""
        targets = [*self.targets.values(), *self._others]
        self.loads.count(self.targets.values(), self._others)
        self.loads.count_rare(targets)
        for grant in {reader.grant.token_id: reader.grant for t in targets for reader in t.readers}.values():
            if self._seals.setdefault(grant.token_id, grant.sealed) != grant.sealed:
                self._seals[grant.token_id] = grant.sealed
                self.paces.pop(grant.token_id, None)  # replaced: what the old one was told holds no longer

    @property
    def busy(self) -> set[int]:
        """The machines that are being asked now."""
        return {target.machine_id for target in self.targets.values() if target.asked}

    def is_shared(self, token_id: UUID) -> bool:
        """Whether other collectors read machines with this token as well."""
        return any(r.grant.token_id == token_id for target in self._others for r in target.readers)

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
            self.paces[token_id] = self._new_pace(now)
            self.paces[token_id].breaker.longest = longest_wait(self.wanted)
        return self.paces[token_id]

    def learn(self, token_id: UUID, answer: Answer, now: float, machine_id: int = 0) -> None:
        """What an answer tells of its token's allowance, and of the way to the provider."""
        pace = self.pace(token_id, now)
        self.loads.call_seconds += (answer.took - self.loads.call_seconds) * MEMORY
        if pace.hear(answer.error, answer.rate, machine_id, now - answer.took, now):
            self._hand_over(pace.breaker.failed, now)

    def _hand_over(self, machines: Set[int], now: float) -> None:
        """Another token that reads these takes over at once, where there is one."""
        for target in [self.targets[key] for key in ((pk, 0) for pk in machines) if key in self.targets]:
            if target.asked is None and self.free_reader(target, now):
                self.postpone(target, now)

    def interval(self, target: Target, now: float) -> float:
        """Whole seconds between two checks of this target: as wanted, or as its token's allowance carries."""
        return self.loads.interval(target, now)

    def next_due(self, target: Target, interval: float, now: float) -> float:
        """The next of the target's own moments: they lie an interval apart, and spread all targets evenly over it.
        What is refused waits its whole time. Never before its token can be through with those that wait already."""
        token_id = target.reader.grant.token_id
        pace = self.pace(token_id, now)
        if target.reader.refused and not target.access_id:
            return max(now + interval, pace.blocked_until)
        through = now + self._ahead(token_id, self.motion.holds(target)) / pace.per_second
        return max(target.next_moment(interval, through), pace.blocked_until)

    def slowed(self, now: float) -> Iterator[Slowed]:
        return self.loads.slowed(self.targets.values(), now)

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
                    target.ask(now)
                    most -= 1
                    yield target
                else:
                    break
            self._lines.move_to_end(token_id)
            if not line:
                del self._lines[token_id]

    def waiting(self, now: float) -> Mapping[UUID, int]:
        """How many calls are due with each token."""
        self._line_up(now)
        return {token_id: len(line) for token_id, line in self._lines.items()}

    def held_up(self, now: float) -> Iterator[Target]:
        """The targets that would have been asked by now, but whose token's limit, or breaker, forbids it for longer
        than their cards may say nothing. When they are due again, they may be asked."""
        self._line_up(now)
        for token_id, line in self._lines.items():
            pace = self.pace(token_id, now)
            if not pace.breaker.is_open and pace.blocked_until - now <= self.wanted:
                continue
            for _turn in range(len(line)):
                number, target = line.popleft()
                if not self._waits(number, target):
                    continue
                if self.free_reader(target, now):
                    self.postpone(target, now)  # into the other token's line
                elif again := pace.put_off(target.due, self.interval(target, now), now):
                    self.postpone(target, again)
                    yield target
                else:
                    line.append((number, target))

    def free_reader(self, target: Target, now: float) -> Reader | None:
        """A good reader whose token's checks go on now, if there is any: the present one, if it is such."""
        good = (reader for reader in (target.reader, *target.readers) if not reader.refused)
        return next((reader for reader in good if self.pace(reader.grant.token_id, now).is_free(now)), None)

    def postpone(self, target: Target, due: float) -> None:
        target.due = due
        self._queue(target)

    def finish(self, target: Target, due: float) -> None:
        """Its call has ended; the next one is due then, if it is still to be read."""
        target.asked, target.close = None, self.motion.holds(target)
        if self.targets.get(target.key) is target:
            self.postpone(target, due)

    def _line_up(self, now: float) -> None:
        while self._heap and self._heap[0][0] <= now:
            _due, number, key = heapq.heappop(self._heap)
            target = self.targets.get(key)
            if target is not None and self._waits(number, target):
                target.prefer(self.free_reader(target, now))
                token_id = target.reader.grant.token_id
                line = self._lines.setdefault(token_id, deque())
                line.insert(self._ahead(token_id, target.close), (number, target))

    def _ahead(self, token_id: UUID, close: bool) -> int:
        """How many in its token's line come first: who was told a close check stands before those who were not, also
        when the machine has come to rest."""
        line = self._lines.get(token_id, ())
        return sum(1 for _ in takewhile(lambda entry: entry[1].close, line)) if close else len(line)

    def _waits(self, number: int, target: Target) -> bool:
        """Whether this entry still speaks for the target: it was not queued anew, sent or dropped meanwhile."""
        return target.queued == number and target.asked is None and self.targets.get(target.key) is target

    def _queue(self, target: Target) -> None:
        target.queued = next(self._numbers)
        heapq.heappush(self._heap, (target.due, target.queued, target.key))
