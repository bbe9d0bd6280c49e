"""Bytes in and out, whatever carries them."""

from collections.abc import Awaitable, Callable
from typing import Protocol


class ProtocolError(Exception):
    """The other side does not speak RFB as we know it, or asks for too much."""


class Stream(Protocol):
    async def read(self, size: int) -> bytes: ...

    async def write(self, data: bytes) -> None: ...


class MessageStream:
    """A stream over messages such as WebSocket's; the functions raise when the connection ends."""

    def __init__(
        self,
        receive: Callable[[], Awaitable[str | bytes]],
        send: Callable[[bytes], Awaitable[None]],
    ) -> None:
        self._receive, self._send = receive, send
        self._buffer = bytearray()

    async def read(self, size: int) -> bytes:
        while len(self._buffer) < size:
            message = await self._receive()
            if isinstance(message, str):
                raise ProtocolError("RFB comes in binary messages.")
            self._buffer += message
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    async def write(self, data: bytes) -> None:
        await self._send(data)
