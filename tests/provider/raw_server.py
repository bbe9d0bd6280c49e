"""A server made of bare sockets, so that it can break every rule of HTTP."""

import json
import select
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from vps.provider.errors import ProviderError

Expected = type[ProviderError] | tuple[type[ProviderError], ...] | None


@dataclass(frozen=True)
class Fault:
    """One way to go wrong.

    `get`, `post`: the error that a status and a power call end in; None where the call succeeds all the same.
    """

    name: str
    respond: Callable[["Exchange"], None]
    get: Expected
    post: Expected
    slow: bool = False  # holds the caller until its deadline
    listens: bool = True
    reads: bool = True  # takes the request before it goes wrong

    def __str__(self) -> str:
        return self.name


class Exchange:
    """One connection and the request that came on it."""

    def __init__(self, server: "FaultServer", sock: socket.socket) -> None:
        self.server, self.sock = server, sock
        self.request = b""

    @property
    def method(self) -> str:
        return self.request.split(b" ", 1)[0].decode()

    @property
    def path(self) -> str:
        return self.request.split(b" ", 2)[1].decode()

    def read_request(self) -> bool:
        """Takes one whole request; False if the caller left before."""
        while not _is_whole(self.request):
            more = self.sock.recv(65536)
            if not more:
                return False
            self.request += more
        self.server.received.append(self.request)
        return True

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        """Ends the connection by RST, not by FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def hold(self) -> None:
        """Says nothing until the caller leaves or the server stops."""
        while self.sock.recv(65536):
            pass

    def drip(self, data: bytes, again: bool = False) -> None:
        """Sends byte by byte, 50 a second, until the caller leaves."""
        while not self.server.stopping.is_set():
            for byte in data:
                self.send(bytes([byte]))
                if self.server.stopping.wait(0.02):
                    return
            if not again:
                return

    def answer(self, body: bytes, status: str = "200 OK", headers: str = "") -> None:
        """A well-formed answer that ends the connection."""
        self.send(head(status, f"Content-Length: {len(body)}\r\n{headers}") + body)

    def answer_json(self, value: object, status: str = "200 OK", headers: str = "") -> None:
        self.answer(json.dumps(value).encode(), status, headers)

    def documented(self) -> Any:
        """The reply that the document gives for this request, new each time."""
        if self.method == "POST" and self.path.endswith("/defaultlogin"):
            return {"success": True}
        for end, reply in _DOCUMENTED.items():
            if self.path.endswith(end):
                return json.loads(json.dumps(reply))
        raise AssertionError(f"an address that the document does not know: {self.path}")


def head(status: str = "200 OK", headers: str = "") -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}\r\n".encode()
    )


def answer_well(exchange: Exchange) -> None:
    exchange.answer_json(exchange.documented())


class FaultServer:
    """Serves on a free port of 127.0.0.1 and goes wrong by `fault`, which may be changed while it runs.

    Without a fault, and for addresses that do not hold `only`, it answers as documented. `received`: the raw
    requests; `connections`: how many connections were made, final once the server is closed.
    """

    def __init__(self, fault: Fault | None = None, *, only: str = "") -> None:
        self.fault, self.only = fault, only
        self.received: list[bytes] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._waker, self._woken = socket.socketpair()
        self._open: list[tuple[socket.socket, threading.Thread]] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/base/v1"

    def __enter__(self) -> "FaultServer":
        if self.fault is None or self.fault.listens:
            self._listener.listen(64)
            self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._waker.send(b"x")
        if self._accepting.is_alive():
            self._accepting.join()
        for sock, thread in self._open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            thread.join()
            sock.close()
        for sock in (self._listener, self._waker, self._woken):
            sock.close()

    def _accept(self) -> None:
        while True:
            ready, _, _ = select.select([self._listener, self._woken], [], [])
            # Connections that wait are taken before the end is heard, so that none is missed in the count.
            if self._listener not in ready:
                return
            sock, _ = self._listener.accept()
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._open.append((sock, thread))
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        exchange = Exchange(self, sock)
        with suppress(OSError), sock:
            fault = self.fault
            if fault is not None and not fault.reads:
                fault.respond(exchange)
            elif exchange.read_request():
                at_fault = fault is not None and self.only in exchange.path
                (fault.respond if fault is not None and at_fault else answer_well)(exchange)
                sock.shutdown(socket.SHUT_WR)
                exchange.hold()  # closing with unread bytes would be a reset


def _is_whole(request: bytes) -> bool:
    top, end, body = request.partition(b"\r\n\r\n")
    if not end:
        return False
    lengths = [line for line in top.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return len(body) >= (int(lengths[0].split(b":")[1]) if lengths else 0)


_DOCUMENTED: dict[str, object] = {
    "/vps/status": {
        "qemu": {"agent": True, "version": "7.2.0"},
        "status": "running",
        "uptime": "86400s",
        "cpu": 15.5,
        "cpus": 1,
        "memory": {"usedMB": 512, "total": 1024, "percent": 50.0},
        "disk": 5000000000,
        "maxdisk": 25000000000,
    },
    "/vps/control": {
        "success": True,
        "action": {
            "uid": "action_abc123",
            "command": "start",
            "created": "2025-01-15T10:30:00Z",
            "finished": "2025-01-15T10:30:30Z",
        },
    },
    "/vps/console": {"success": True, "ticket": "action_abc123", "secret": "vnc_secret_token_xyz789"},
    "/vps/defaultlogin": {
        "type": "linux",
        "ipv4": "192.121.119.100",
        "protocol": "ssh",
        "username": "ubuntu",
        "password": "GeneratedPassword123!",
    },
    "/products?detailed=true": [
        {
            "uid": "vm_abc123",
            "type": "vps",
            "name": "Web Server 01",
            "details": {"ipv4": "192.121.119.100", "ipv6": "2001:67c:bec:b::100/64", "status": "online"},
        },
        {
            "uid": "vm_def456",
            "type": "vps",
            "name": "Database Server",
            "details": {"ipv4": "192.121.119.101", "ipv6": "2001:67c:bec:b::101/64", "status": "offline"},
        },
    ],
}
