"""Which machines are in motion, and how closely their tokens carry to watch them. Knows no database."""

from collections import Counter
from collections.abc import Iterable, Set
from uuid import UUID

from vps.services.pace import SLACK, Pace
from vps.services.targets import Target, is_load

CLOSE_SECONDS = 2.0  # between two checks of a machine in motion
CLOSE_SHARE = (
    2 / 3
)  # of a token's allowance is spent so at most; one machine in motion fits into 60 calls a minute


class Motion:
    """`of`: how many machines in motion each token reads."""

    def __init__(self, wanted: float) -> None:
        self._closest = min(CLOSE_SECONDS, wanted)
        self.machines: Set[int] = frozenset()
        self.of: Counter[UUID] = Counter()

    def begin(self, machines: Set[int]) -> Set[int]:
        """From now on it is these; returns those that were not in motion before."""
        fresh, self.machines = machines - self.machines, machines
        return fresh

    def count(self, targets: Iterable[Target]) -> None:
        self.of = (
            Counter(t.reader.grant.token_id for t in targets if self.holds(t)) if self.machines else Counter()
        )

    def holds(self, target: Target) -> bool:
        """Whether it is the own check of a machine in motion."""
        return target.machine_id in self.machines and is_load(target)

    def interval(self, token_id: UUID, pace: Pace) -> float:
        """Seconds between two checks of each of them."""
        return max(self._closest, SLACK * self.of[token_id] / (CLOSE_SHARE * pace.per_second))
