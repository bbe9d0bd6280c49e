"""What tests and the demo may do to the world behind the provider's back."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from vps.simulator.faults import Fault, Faults
from vps.simulator.http import Door
from vps.simulator.machines import Machine
from vps.simulator.receipts import Receipts
from vps.simulator.seed import add_machine
from vps.simulator.tokens import PERMISSIONS, Token, make_token
from vps.simulator.world import World

T = TypeVar("T")
PATIENCE = 10.0  # seconds in which the simulator's thread does what it is asked


class Hands:
    """Each method may be called from any thread. LookupError: unknown name; ValueError: bad field."""

    def __init__(self, world: World, allowance: int, machines: int) -> None:
        self.world = world
        self.faults = Faults()
        self.calls = Receipts()
        self._allowance, self._next_number = allowance, machines
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread = 0
        self._door: Door

    def fault(self, fault: str, **fields: Any) -> int:
        """Switch a fault on (fields of Fault); gives its number."""
        made = Fault(fault, **fields)
        if fault == "refuse":
            self._do(self._door.shut)
        return self._do(lambda: self.faults.add(made).number)

    def clear_faults(self, number: int | None = None) -> None:
        """Switch one fault off, or all."""

        def clear() -> None:
            self.faults.clear(number)
            if not any(fault.fault == "refuse" for fault in self.faults.active):
                self._door.open()

        self._do(clear)

    def set(self, product: str, **fields: Any) -> None:
        """Change a machine: see Machine.change for the fields."""
        self._do(lambda: self.machine(product).change(fields, self.world.now()))

    def add_machine(self, project: str, **fields: Any) -> Machine:
        """A new machine, running; `fields` are those of Machine."""
        if project not in self.world.projects:
            raise LookupError(f"There is no project {project!r}.")
        self._next_number += 1
        fields.setdefault("on", True)
        return self._do(lambda: add_machine(self.world, project, self._next_number, **fields))

    def remove(self, product: str) -> None:
        """The machine is gone, from the list too."""
        if not self._do(lambda: self.world.remove(product)):
            raise LookupError(f"There is no machine {product!r}.")

    def mint(
        self,
        projects: list[str] | None = None,
        *,
        name: str = "minted",
        permissions: list[str] | tuple[str, ...] = PERMISSIONS,
        listing: bool = True,
        calls_per_minute: int | None = None,
        expires_in: float | None = None,
    ) -> Token:
        """A new token, of all projects if none is named; with `expires_in` (seconds) it looks like a JWT."""
        token = make_token(
            name,
            list(self.world.projects) if projects is None else projects,
            permissions=permissions,
            listing=listing,
            allowance=self._allowance if calls_per_minute is None else calls_per_minute,
            expires=None if expires_in is None else self.world.now() + expires_in,
        )
        return self._do(lambda: self.world.add_token(token))

    def revoke(self, token: str) -> None:
        """The token is good for nothing from now on."""
        if self._do(lambda: self.world.tokens.pop(token, None)) is None:
            raise LookupError("There is no such token.")

    def machine(self, product: str) -> Machine:
        machine = self.world.product(product)
        if machine is None:
            raise LookupError(f"There is no machine {product!r}.")
        return machine

    def _do(self, deed: Callable[[], T]) -> T:
        """Run `deed` where the requests are answered, so that none sees it half done."""
        if self._loop is None or self._loop_thread == threading.get_ident():
            return deed()
        done: Future[T] = Future()

        def work() -> None:
            try:
                done.set_result(deed())
            except Exception as error:  # noqa: BLE001 (handed to the thread that asked)
                done.set_exception(error)

        self._loop.call_soon_threadsafe(work)
        return done.result(PATIENCE)
