"""What a soak may not show: processes that grow, machines asked twice, rounds that were missed. Knows no panel."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

WARM_SECONDS = 20.0  # until a process has loaded what it needs
MOST_MEMORY = 1.5  # times what it had when it was warm
MOST_FILES = (
    50  # descriptors more in its last third than ever in its first: a thread may open a database and sockets
)
FEWEST = 6  # readings that say something of growth


class Reading(NamedTuple):
    """`age`: seconds since the process was first seen. `memory`: its resident set in MB. `files`: its descriptors."""

    age: float
    memory: float
    files: int


class Asked(NamedTuple):
    """A status call that the provider received."""

    at: float
    machine: str
    token: int | None


def growth(name: str, readings: Sequence[Reading]) -> list[str]:
    """What grew in one process, in words."""
    warm = [reading for reading in readings if reading.age >= WARM_SECONDS]
    if len(warm) < FEWEST:
        return []
    third = len(warm) // 3
    found = []
    first, last = max(r.memory for r in warm[:third]), min(r.memory for r in warm[-third:])
    if last > MOST_MEMORY * first:
        found.append(f"{name} grew from {first:.0f} to {last:.0f} MB")
    opened, held = max(r.files for r in warm[:third]), min(r.files for r in warm[-third:])
    if held > opened + MOST_FILES:
        found.append(f"{name} held {opened} descriptors, and then {held}")
    return found


@dataclass
class Rounds:
    """How regularly machines were asked. `excuse` comes first: what a fault, a press or a kill explains is not
    counted."""

    interval: float
    missed: int = 0
    doubled: int = 0
    calls: int = 0
    _last: dict[str, Asked] = field(default_factory=dict)
    _excused: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _all_excused: float = 0.0

    def excuse(self, until: float, machine: str = "") -> None:
        """What this machine, or any, is asked until then needs no reason."""
        if machine:
            self._excused[machine] = max(self._excused[machine], until)
        else:
            self._all_excused = max(self._all_excused, until)

    def note(self, calls: Iterable[Asked]) -> list[Asked]:
        """Takes what was asked, in order; returns the calls that came too soon after one with the same token. Who asks
        anew with another token rechecks its access, which counts apart."""
        found = []
        for call in calls:
            self.calls += 1
            before, self._last[call.machine] = self._last.get(call.machine), call
            if before is None or call.at <= max(self._excused[call.machine], self._all_excused):
                continue
            gap = call.at - before.at
            if gap < 0.5 * self.interval and call.token == before.token:
                found.append(call)
            self.missed += max(0, int(gap / self.interval + 0.25) - 1)
        self.doubled += len(found)
        return found
