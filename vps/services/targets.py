"""What the collector asks about: machines, and accesses that need a proof of their own."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from uuid import UUID

from vps.access import Reader
from vps.provider.errors import ProviderError
from vps.services.leases import Held

RECHECK_SECONDS = 300.0
INEXACT = 1.5  # seconds: moments in the database are whole ones, and those of whole batches
GOLDEN = 0.618033988749895  # its multiples fall evenly between 0 and 1


@dataclass
class Target:
    """One machine (`access_id` 0), read by the first of its readers that is not refused; or one access that the
    machine's own check does not use, proved anew every 5 minutes. `asked` is the reader whose call is under way.
    `close`: it is in motion, and its next check comes before those of others. `asked_at`: when it was asked last.
    `held`: the lease by which this collector asks it, if leases are kept. `failure`: why its last one brought no
    answer. `is_new`: by what we know, the check at `asked_at` was its first."""

    machine_id: int
    access_id: int
    readers: list[Reader]
    due: float
    asked: Reader | None = None
    queued: int = field(default=-1)
    close: bool = False
    asked_at: float = -math.inf
    held: Held | None = None
    failure: ProviderError | None = None
    is_new: bool = True

    @property
    def number(self) -> int:
        """Tells its own moments from those of others."""
        return self.machine_id + self.access_id

    @property
    def key(self) -> tuple[int, int]:
        return self.machine_id, self.access_id

    @property
    def reader(self) -> Reader:
        return next((reader for reader in self.readers if not reader.refused), self.readers[0])

    def go_on(self, asked_at: float, due: float, now: float, longest: float) -> None:
        """Where another collector left off; its clock may be another."""
        if self.access_id:
            return
        self.asked_at, self.due = min(asked_at, now), min(max(due, now), now + longest)
        slack = min(INEXACT, longest / 4)
        moment = next_moment(self.number, longest, self.due - slack)
        if abs(moment - self.due) <= slack:  # else it would be asked at both
            self.due = max(moment, now)

    def ask(self, now: float) -> None:
        self.is_new = self.asked_at == -math.inf
        self.asked, self.asked_at = self.reader, now

    def next_moment(self, interval: float, now: float) -> float:
        """The next of its own moments. One that was asked at another, as another collector did or as somebody began to
        look, comes to its own in two steps, and not so soon that a check would be made twice; a new one at once."""
        moment = next_moment(self.number, interval, now)
        soon = moment - self.asked_at < interval / 2
        return (self.asked_at + moment + interval) / 2 if soon and not self.is_new else moment

    def prefer(self, reader: Reader | None) -> None:
        """This one, if there is any, reads it from now on, as long as it is good."""
        if reader:
            self.readers = [reader, *(other for other in self.readers if other.access_id != reader.access_id)]

    def has_other(self, reader: Reader) -> bool:
        """Whether somebody else's good access reads the machine as well."""
        return any(other.access_id != reader.access_id for other in self.readers if not other.refused)

    def mark(self, access_id: int, *, refused: bool) -> None:
        """Whether the provider refuses this reader from now on; if so, a good one takes over, if there is any."""
        self.readers = [
            replace(reader, refused=refused) if reader.access_id == access_id else reader
            for reader in self.readers
        ]


def next_moment(number: int, interval: float, now: float) -> float:
    return now + interval - (now - interval * (number * GOLDEN % 1)) % interval


def is_load(target: Target) -> bool:
    """Whether it takes its share of a token's allowance in each interval."""
    return not target.access_id and not target.reader.refused


def reads_any(token_id: UUID, targets: Iterable[Target]) -> bool:
    """Whether there is one of these machines that this token reads and is not refused."""
    readers = [r for target in targets for r in target.readers if r.grant.token_id == token_id]
    refused = {reader.access_id for reader in readers if reader.refused}
    return any(reader.access_id not in refused for reader in readers)


def targets_of(readers: Iterable[Reader], now: float) -> Iterator[Target]:
    machines: dict[int, list[Reader]] = {}
    for reader in readers:
        machines.setdefault(reader.machine_id, []).append(reader)
    for machine_id, ways in machines.items():
        target = Target(machine_id, 0, ways, now)
        yield target
        for spare in ways:
            if spare.access_id != target.reader.access_id and (spare.refused or spare.unproved):
                proof = Target(machine_id, spare.access_id, [spare], now)
                proof.due = next_moment(proof.number, RECHECK_SECONDS, now)
                yield proof
