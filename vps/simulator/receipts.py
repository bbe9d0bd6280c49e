"""What was received at the provider: the proof that a POST was sent once."""

from collections import Counter, deque
from collections.abc import Iterator
from typing import Any, NamedTuple

KEPT = 50_000  # receipts; the counts go on


class Receipt(NamedTuple):
    number: int  # rises by one with every request since the start
    at: float
    kind: str  # status, listing, control, console, defaultlogin, other
    method: str
    project: str
    product: str
    token: int | None  # its place in the list of tokens; None if it is not known
    action: str  # of a control call, as it came
    connection: int  # which TCP connection it came by
    path: str


class Receipts:
    """Every request, counted by kind and machine; iterating gives the receipts, oldest first."""

    def __init__(self) -> None:
        self.last = 0
        # plain tuples: the garbage collector need not look at them again
        self._kept: deque[tuple[Any, ...]] = deque(maxlen=KEPT)
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def note(self, at: float, kind: str, method: str, project: str, product: str, *rest: Any) -> None:
        self.last += 1
        self._counts[kind, method, product] += 1
        self._kept.append((self.last, at, kind, method, project, product, *rest))

    def __iter__(self) -> Iterator[Receipt]:
        return (Receipt(*kept) for kept in tuple(self._kept))

    def count(self, kind: str | None = None, product: str | None = None, method: str | None = None) -> int:
        wanted = (kind, method, product)
        return sum(
            n
            for key, n in self._counts.copy().items()
            if all(w in (None, k) for w, k in zip(wanted, key, strict=True))
        )

    def received(self, kind: str | None = None, product: str | None = None, after: int = 0) -> list[Receipt]:
        return [
            r for r in self if r.number > after and kind in (None, r.kind) and product in (None, r.product)
        ]

    def clear(self) -> None:
        """Forget receipts and counts; numbers go on rising."""
        self._kept.clear()
        self._counts.clear()
