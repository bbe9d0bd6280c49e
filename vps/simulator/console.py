"""The console's WebSocket: a ticket opens it once, and a VNC screen is behind it."""

import asyncio
import contextlib
import re
import secrets
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from weakref import WeakKeyDictionary

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from vps.rfb.handshake import admit
from vps.rfb.server import Session
from vps.rfb.stream import MessageStream, ProtocolError
from vps.simulator.machines import Machine
from vps.simulator.qemu import Qemu, Stable
from vps.simulator.screen import Terminal
from vps.simulator.tickets import Ticket, Tickets
from vps.simulator.world import World

MAX_MESSAGE = 1 << 20  # bytes
HANDSHAKE = 10.0  # seconds to prove the password
CHUNK = 64 * 1024


class Console:
    """`kind` is text (our own screen) or qemu (a real machine)."""

    def __init__(self, world: World, tickets: Tickets, kind: str) -> None:
        self._world, self._tickets = world, tickets
        self._stable = Stable() if kind == "qemu" else None
        self._terminals: dict[str, Terminal] = {}
        self._taken: WeakKeyDictionary[ServerConnection, tuple[Machine, Ticket]] = WeakKeyDictionary()
        self._base = f"/{secrets.token_hex(4)}"
        self._path = re.compile(self._base + r"/([^/]+)/([^/]+)/([^/?]+)")
        self._server: Server

    async def open(self, host: str, port: int = 0) -> str:
        """Listen; gives the address, a template with {project}, {product} and {ticket}. Closed, it may be opened again
        where it was."""
        self._server = await serve(
            self._serve,
            host,
            port,
            process_request=self._gate,
            select_subprotocol=_choose_subprotocol,
            compression=None,
            max_size=MAX_MESSAGE,
        )
        port = next(iter(self._server.sockets)).getsockname()[1]
        return f"ws://{host}:{port}{self._base}" + "/{project}/{product}/{ticket}"

    async def close(self) -> None:
        self._server.close()
        await self._server.wait_closed()
        if self._stable:
            await self._stable.close()

    def terminal(self, machine: Machine) -> Terminal:
        """The machine's own screen, kept between connections."""
        if machine.product not in self._terminals:
            self._terminals[machine.product] = Terminal(machine, self._world)
        return self._terminals[machine.product]

    @property
    def folder(self) -> Path | None:
        """Where QEMU's sockets are; None without QEMU."""
        return self._stable.folder if self._stable else None

    def _gate(self, connection: ServerConnection, request: Request) -> Response | None:
        match = self._path.fullmatch(request.path)
        ticket = self._tickets.take(*match.groups()) if match else None
        machine = self._world.machine(ticket.project, ticket.product) if ticket else None
        if ticket is None or machine is None:
            return connection.respond(HTTPStatus.FORBIDDEN, "This ticket is unknown, used or expired.\n")
        self._taken[connection] = (machine, ticket)
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        machine, ticket = self._taken.pop(connection)
        try:
            if self._stable:
                await self._bridge(connection, machine, ticket.secret, self._stable)
            else:
                await self._show(connection, machine, ticket.secret)
        except ProtocolError as error:
            await connection.close(1002, str(error))
        except (ConnectionClosed, TimeoutError, OSError):
            pass  # the other side went, or QEMU did: the connection ends, which says it

    async def _show(self, connection: ServerConnection, machine: Machine, secret: str) -> None:
        stream = MessageStream(connection.recv, connection.send)
        async with asyncio.timeout(HANDSHAKE):
            admitted = await admit(stream, secret)
        if admitted:
            await Session(stream, self.terminal(machine)).run()

    async def _bridge(self, client: ServerConnection, machine: Machine, secret: str, stable: Stable) -> None:
        qemu = await stable.fetch(machine, secret)
        reader, writer = await asyncio.open_unix_connection(str(qemu.vnc))
        jobs = (_upwards(client, writer), _downwards(reader, client), self._follow(machine, qemu, stable))
        tasks = [asyncio.ensure_future(job) for job in jobs]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            writer.close()

    async def _follow(self, machine: Machine, qemu: Qemu, stable: Stable) -> None:
        machine.settle(self._world.now())
        while await stable.follow(machine, qemu):
            await asyncio.sleep(0.2)
            machine.settle(self._world.now())


async def _upwards(client: ServerConnection, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for message in client:
            writer.write(message.encode() if isinstance(message, str) else message)
            await writer.drain()


async def _downwards(reader: asyncio.StreamReader, client: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        while data := await reader.read(CHUNK):
            await client.send(data)


def _choose_subprotocol(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return Subprotocol("binary") if "binary" in offered else None
