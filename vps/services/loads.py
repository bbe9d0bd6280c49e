"""How much each token is used for, by all collectors together, and how often that lets each machine be checked. Knows
no database."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Set
from typing import NamedTuple
from uuid import UUID

from vps.services.close_watch import Motion
from vps.services.pace import SLACK, Pace
from vps.services.targets import RECHECK_SECONDS, Target, is_load

SLOWER = 1.25


class Slowed(NamedTuple):
    """These machines are checked every `interval` seconds from now on, though every `wanted` seconds is wanted."""

    interval: float
    wanted: float
    machines: list[int]


class Loads:
    """Intervals are whole seconds between two checks: as wanted, or as a token's allowance carries.

    `of`: each token's machines as if all were checked every `wanted` seconds: one that is checked every `idle`
    seconds, as nobody looks at it, is a part of one. `rare`: what else it is used for, every 5 minutes (proofs, and
    listings). `own`: what all tokens read through this collector, which has so many `threads`. `watched`: the machines
    that somebody looks at. `call_seconds`: how long a call takes.
    """

    def __init__(self, wanted: float, idle: float, threads: int, pace: Callable[[UUID, float], Pace]) -> None:
        self.wanted, self.idle, self.threads = wanted, max(wanted, idle), threads
        self.motion = Motion(wanted)
        self.watched: Set[int] = frozenset()
        self.of: dict[UUID, float] = {}
        self.rare: Counter[UUID] = Counter()
        self.own = self.call_seconds = 0.0
        self._pace = pace
        self._told: dict[UUID, float] = {}

    def count(self, own: Collection[Target], others: Collection[Target]) -> None:
        """Anew, from the targets of this collector and from those of all others."""
        self.motion.count([*own, *others])
        self.of = self._sum([*own, *others])
        self.own = sum(self._sum(own).values())

    def count_rare(self, targets: Collection[Target]) -> None:
        self.rare = Counter(target.reader.grant.token_id for target in targets if not is_load(target))
        grants = (reader.grant for target in targets for reader in target.readers)
        self.rare.update(token_id for token_id, _ in {(grant.token_id, grant.project) for grant in grants})

    def wanted_for(self, target: Target) -> float:
        """The interval as set; a machine in motion counts as watched."""
        looked_at = target.machine_id in self.watched or target.machine_id in self.motion.machines
        return self.wanted if looked_at else self.idle

    def interval(self, target: Target, now: float) -> float:
        if target.access_id or target.reader.refused:
            return RECHECK_SECONDS
        token_id = target.reader.grant.token_id
        if self.motion.holds(target):
            return self._close(token_id, now)
        return self._stretched(self.wanted_for(target), self.carried(token_id, now))

    def slowest(self, token_id: UUID, targets: Collection[Target], now: float) -> float:
        """The interval in which every machine that this token reads is checked."""
        wanted = max(self._read_by(token_id, targets), default=self.wanted)
        return self._stretched(wanted, self.carried(token_id, now))

    def slowed(self, targets: Collection[Target], now: float) -> Iterator[Slowed]:
        """Where a token now carries much less than those of these machines were told that it reads."""
        for token_id in self.of:
            carried = self.carried(token_id, now)
            told = self._told.get(token_id, self.wanted)
            if carried > SLOWER * told and self._pace(token_id, now).answered:
                for wanted, machines in self._read_by(token_id, targets).items():
                    yield Slowed(self._stretched(wanted, carried), wanted, machines)
                told = carried
            self._told[token_id] = min(told, carried)

    def _read_by(self, token_id: UUID, targets: Collection[Target]) -> dict[float, list[int]]:
        """The machines among these that this token reads, by the interval that is wanted."""
        found: dict[float, list[int]] = defaultdict(list)
        for target in targets:
            if is_load(target) and target.reader.grant.token_id == token_id:
                found[self.wanted_for(target)].append(target.machine_id)
        return found

    def _stretched(self, wanted: float, carried: float) -> float:
        """All are slowed evenly."""
        return wanted if carried <= self.wanted else float(math.ceil(wanted * carried / self.wanted))

    def carried(self, token_id: UUID, now: float) -> float:
        """The interval of the machines that this token reads and somebody looks at, but for those in motion."""
        moving, usual = self.motion.of[token_id], self._carried(token_id, 0, 0.0, now)
        close = self._close(token_id, now) if moving else usual
        return usual if close >= usual else self._carried(token_id, moving, moving / close, now)

    def _close(self, token_id: UUID, now: float) -> float:
        """The same for those in motion."""
        usual = self._carried(token_id, 0, 0.0, now)
        return min(self.motion.interval(token_id, self._pace(token_id, now)), usual)

    def _carried(self, token_id: UUID, fewer: int, taken: float, now: float) -> float:
        """Without so many machines, which take so many calls per second."""
        rare = self.rare[token_id] / RECHECK_SECONDS + taken
        machines = math.ceil(self.of.get(token_id, 0.0) - fewer)
        carried = self._pace(token_id, now).interval(self.wanted, machines, rare)
        # where calls hang, all the threads together bring no more answers than this
        carried = max(carried, SLACK * self.own * self.call_seconds / self.threads)
        return self.wanted if carried <= self.wanted else float(math.ceil(carried))

    def _sum(self, targets: Collection[Target]) -> dict[UUID, float]:
        found: dict[UUID, float] = defaultdict(float)
        for target in targets:
            if is_load(target):
                found[target.reader.grant.token_id] += self.wanted / self.wanted_for(target)
        return dict(found)
