"""The pretend provider as one thing to start and stop: a process, or a thread of a test."""

import asyncio
import secrets
import threading
import time
from types import TracebackType
from typing import Any, Self

from vps.simulator.api import Api
from vps.simulator.console import Console
from vps.simulator.control import Control
from vps.simulator.hands import PATIENCE, Hands
from vps.simulator.http import Door
from vps.simulator.seed import Pick, seed_demo, seed_healthy
from vps.simulator.tickets import Tickets
from vps.simulator.tokens import Token
from vps.simulator.world import Clock, World


class Simulator(Hands):
    """`with Simulator(machines=24) as sim:` runs it in a thread; `open` and `close` in one's own loop.

    api, console, control: its addresses, once it is open.
    console: "text", or "qemu" for real machines (see vps.simulator.qemu).
    calls_per_minute: of each token; 0 is no limit and no rate headers.
    clock: gives seconds since 1970; all that the world does follows it.
    """

    def __init__(
        self,
        machines: int = 24,
        *,
        demo: bool = False,
        seed: int | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        console: str = "text",
        calls_per_minute: int = 600,
        clock: Clock = time.time,
    ) -> None:
        super().__init__(World(seed=seed, clock=clock), calls_per_minute, machines)
        self.tickets = Tickets(clock)
        self.demo: list[Pick] = []
        self._host, self._port, self._console_kind = host, port, console
        if demo:
            self.demo = seed_demo(self.world, self.faults, machines, calls_per_minute)
        else:
            seed_healthy(self.world, machines, calls_per_minute)

    @property
    def tokens(self) -> list[Token]:
        return list(self.world.tokens.values())

    @property
    def projects(self) -> dict[str, list[str]]:
        """The machines of each project."""
        return {project: list(machines) for project, machines in self.world.projects.items()}

    def told(self) -> dict[str, Any]:
        """What the announce line holds."""
        return {
            "api": self.api,
            "console": self.console,
            "control": self.control,
            "tokens": [token.told() for token in self.tokens],
            "projects": self.projects,
            "demo": [pick.told() for pick in self.demo],
        }

    async def open(self) -> None:
        """Listen; OSError when a port is taken."""
        self._loop, self._loop_thread = asyncio.get_running_loop(), threading.get_ident()
        base, control = f"/{secrets.token_hex(4)}/v1", f"/{secrets.token_hex(8)}"
        api = Api(base, self.world, self.faults, self.calls, self.tickets)
        self._door = Door(self._host, self._port, api.answer)
        self._back_door = Door(self._host, 0, Control(control, self).answer)
        self._door.open()
        self._back_door.open()
        self.api = f"http://{self._host}:{self._door.port}{base}"
        self.control = f"http://{self._host}:{self._back_door.port}{control}"
        self.window = Console(self.world, self.tickets, self._console_kind)
        self.console = await self.window.open(self._host)

    async def close(self) -> None:
        self._door.close()
        self._back_door.close()
        await self.window.close()

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(ready)), name="simulator", daemon=True
        )
        self._thread.start()
        if not ready.wait(PATIENCE) or self._failure:
            raise RuntimeError("The simulator did not start.") from self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._stop.set)
        self._thread.join(PATIENCE)
        self._loop = None

    async def _serve(self, ready: threading.Event) -> None:
        self._stop = asyncio.Event()
        try:
            await self.open()
        except OSError as failure:
            self._failure = failure
            return
        finally:
            ready.set()
        await self._stop.wait()
        await self.close()
