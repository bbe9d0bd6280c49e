"""A small HTTP/1.1 server: keep-alive, bounded, and able to misbehave on purpose."""

import asyncio
import itertools
import json
import socket
import struct
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple

MAX_HEAD = 16 * 1024  # bytes
MAX_BODY = 256 * 1024
JSON = "application/json"
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_connections = itertools.count(1)


class Request(NamedTuple):
    method: str
    path: str
    query: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    connection: int


class Reply(NamedTuple):
    code: int
    body: bytes
    headers: dict[str, str] = {}
    kind: str = JSON
    wait: float = 0.0  # seconds before it is sent
    fate: str = "send"  # or hang, reset, truncate


Answer = Callable[[Request], Reply]


class BadRequest(Exception):
    """What came is no request we take; the code is the answer."""

    def __init__(self, code: int) -> None:
        self.code = code


def reply_json(code: int, value: Any, headers: dict[str, str] | None = None) -> Reply:
    return Reply(code, json.dumps(value).encode(), headers or {})


class Connection(asyncio.Protocol):
    """One connection; requests are answered strictly in turn."""

    def __init__(self, answer: Answer, crowd: set["Connection"]) -> None:
        self._answer, self._crowd = answer, crowd
        self._buffer = bytearray()
        self._busy = False
        self._number = next(_connections)
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._crowd.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.discard(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > MAX_HEAD + MAX_BODY:
            self._transport.abort()
        elif not self._busy:
            self._next()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def _next(self) -> None:
        while not self._busy:
            try:
                request = take_request(self._buffer, self._number)
            except BadRequest as bad:
                self._send(reply_json(bad.code, {"error": _REASONS[bad.code]}), last=True)
                return
            if request is None:
                return
            reply = self._answer(request)
            last = request.headers.get("connection", "").lower() == "close"
            if reply.wait:
                self._busy = True
                asyncio.get_running_loop().call_later(reply.wait, self._resume, reply, last)
            else:
                self._send(reply, last=last)

    def _resume(self, reply: Reply, last: bool) -> None:
        self._busy = False
        if not self._transport.is_closing():
            self._send(reply, last=last)
            self._next()

    def _send(self, reply: Reply, *, last: bool) -> None:
        if reply.fate == "reset":
            self.reset()
        elif reply.fate == "hang":
            self._busy = True  # and nothing ever ends it but the other side
        else:
            whole = write_reply(reply)
            half = reply.fate == "truncate"
            self._transport.write(whole[: -(len(reply.body) // 2 + 1)] if half else whole)
            if last or half:
                self._busy = True
                self._transport.close()


def take_request(buffer: bytearray, connection: int) -> Request | None:
    """Cut one whole request off the front of `buffer`; None while it is not all there."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0 or end > MAX_HEAD:
        if len(buffer) > MAX_HEAD:
            raise BadRequest(431)
        return None
    lines = buffer[:end].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines[1:])}
    size = _body_size(headers)
    if len(buffer) < end + 4 + size:
        return None
    method, _, rest = lines[0].partition(" ")
    target, _, version = rest.rpartition(" ")
    if version not in {"HTTP/1.1", "HTTP/1.0"} or not target.startswith("/"):
        raise BadRequest(400)
    if version == "HTTP/1.0":
        headers.setdefault("connection", "close")
    body = bytes(buffer[end + 4 : end + 4 + size])
    del buffer[: end + 4 + size]
    path, _, query = target.partition("?")
    return Request(method, path, query, headers, body, connection)


def _body_size(headers: dict[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise BadRequest(411)
    size = headers.get("content-length", "0")
    if not (size.isascii() and size.isdigit()):
        raise BadRequest(400)
    if len(size) > 9 or int(size) > MAX_BODY:
        raise BadRequest(413)
    return int(size)


def write_reply(reply: Reply) -> bytes:
    head = [
        f"HTTP/1.1 {reply.code} {_REASONS.get(reply.code, 'Unknown')}",
        f"Content-Type: {reply.kind}",
        f"Content-Length: {len(reply.body)}",
        *(f"{name}: {value}" for name, value in reply.headers.items()),
    ]
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + reply.body


class Door:
    """A port that can be shut (connections refused) and opened again, and stays ours meanwhile."""

    def __init__(self, host: str, port: int, answer: Answer) -> None:
        self._host, self._answer = host, answer
        self._crowd: set[Connection] = set()
        # bound and never listening: it keeps the number reserved while the door is shut
        self._holder = self._bind(port)
        self.port: int = self._holder.getsockname()[1]
        self._listener: socket.socket | None = None
        self._serving: asyncio.Task[asyncio.Server] | None = None

    def open(self) -> None:
        """Connections are taken from the moment this returns."""
        if self._listener is None:
            self._listener = self._bind(self.port)
            self._listener.listen(1024)
            loop = asyncio.get_running_loop()
            make = loop.create_server(lambda: Connection(self._answer, self._crowd), sock=self._listener)
            self._serving = loop.create_task(make)

    def shut(self) -> None:
        """Refuse new connections and break those that are open."""
        if self._serving is not None and not self._serving.cancel():
            self._serving.result().close()
        if self._listener is not None:
            self._listener.close()
        self._serving = self._listener = None
        for connection in tuple(self._crowd):
            connection.reset()

    def close(self) -> None:
        self.shut()
        self._holder.close()

    def _bind(self, port: int) -> socket.socket:
        sock = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setblocking(False)
        sock.bind((self._host, port))
        return sock
