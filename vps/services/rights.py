"""What the collector may read, read again only when it may have changed."""

from collections.abc import Sequence

from vps import access
from vps.access import Reader

REREAD_SECONDS = 60.0  # proofs grow old without any change


class Rights:
    """`readers`: every way to read every machine, as of the last `look`; `machines`: their ids."""

    def __init__(self) -> None:
        self.readers: Sequence[Reader] = ()
        self.machines: frozenset[int] = frozenset()
        self._mark: tuple[object, ...] | None = None
        self._read = float("-inf")

    def look(self, now: float) -> None:
        mark = access.rights_mark()  # before the rights: what changes in between is seen the next time
        if mark == self._mark and now - self._read < REREAD_SECONDS:
            return
        self.readers = list(access.machine_readers())
        self.machines = frozenset(reader.machine_id for reader in self.readers)
        self._mark, self._read = mark, now
