"""A provider that writes down what it was asked to do, what it answered to that, and what state it told when."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from vps.simulator.http import Reply, Request
from vps.simulator.receipts import Receipts
from vps.simulator.server import Simulator

REFUSALS = {400, 401, 403, 404, 429}


class Deed(NamedTuple):
    """A power call that came in. `said`: yes, no, or unclear, whatever the machine then did. `wait`: the seconds that
    the answer was held back."""

    number: int
    at: float
    machine: str
    command: str
    said: str
    wait: float = 0.0


class Sight(NamedTuple):
    """A state that was told; `booted` is when the machine had really booted, None where it was off."""

    at: float
    machine: str
    word: str
    booted: float | None


class Newest(Receipts):
    """Receipts, of which the newest can be read at once."""

    newest: tuple[str, str, str] = ("", "", "")  # kind, product, action

    def note(self, at: float, kind: str, method: str, project: str, product: str, *rest: Any) -> None:
        super().note(at, kind, method, project, product, *rest)
        self.newest = (kind, product, rest[1])


class Witness(Simulator):
    """`on_deed` is called when a power call has come, before anything is answered."""

    def __init__(self, machines: int = 0, **options: Any) -> None:
        super().__init__(machines, **{"calls_per_minute": 0, **options})
        self.calls: Newest = Newest()
        self.deeds: list[Deed] = []
        self.sights: list[Sight] = []
        self.on_deed: Callable[[Deed], None] = lambda deed: None

    async def open(self) -> None:
        await super().open()
        answer = self._door._answer

        def watched(request: Request) -> Reply:
            reply = answer(request)
            self._write_down(*self.calls.newest, reply)
            return reply

        self._door._answer = watched

    def of(self, product: str) -> list[Deed]:
        return [deed for deed in tuple(self.deeds) if deed.machine == product]

    def _write_down(self, kind: str, product: str, action: str, reply: Reply) -> None:
        now = self.world.now()
        if kind == "control":
            deed = Deed(self.calls.last, now, product, action, verdict(action, reply), reply.wait)
            self.deeds.append(deed)
            self.on_deed(deed)
        elif kind == "status" and (machine := self.world.product(product)):
            machine.settle(now)
            word = "stopped" if machine.booted is None else "running"
            self.sights.append(Sight(now, product, word, machine.booted))


def verdict(action: str, reply: Reply) -> str:
    """What the answer says to whoever reads the document: yes, no, or nothing clear."""
    if reply.fate != "send":
        return "unclear"
    try:
        told = json.loads(reply.body)
    except ValueError:
        told = None
    if reply.code in REFUSALS:
        return "no"
    if not 200 <= reply.code <= 299 or not isinstance(told, dict):
        return "unclear"
    if told.get("success") is False and told.get("error"):
        return "no"
    receipt = told.get("action")
    good = told.get("success") is True and isinstance(receipt, dict) and receipt.get("command") == action
    return "yes" if good else "unclear"
