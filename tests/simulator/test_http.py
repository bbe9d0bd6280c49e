"""The HTTP server itself: keep-alive, requests in pieces, and input that is bounded."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from vps.simulator.server import Simulator


class Raw:
    def __init__(self, api: str) -> None:
        address = urlsplit(api)
        assert address.port is not None
        self.base = address.path
        self.socket = socket.create_connection(("127.0.0.1", address.port), timeout=5)
        self.file = self.socket.makefile("rb")

    def reply(self) -> int:
        """The code of the next reply; 0 when the connection has ended."""
        first, size = self.file.readline(), 0
        while (line := self.file.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
        self.file.read(size)
        return int(first.split()[1]) if first else 0

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@pytest.fixture
def raw(sim: Simulator) -> Iterator[Raw]:
    made = Raw(sim.api)
    yield made
    made.close()


def test_two_requests_in_one_packet_get_two_replies(raw: Raw) -> None:
    raw.socket.sendall(b"GET /one HTTP/1.1\r\n\r\nGET /two HTTP/1.1\r\n\r\n")
    assert (raw.reply(), raw.reply()) == (401, 401)


def test_a_slow_reply_does_not_overtake(raw: Raw, sim: Simulator) -> None:
    sim.fault("latency", seconds=0.1, times=1)
    raw.socket.sendall(b"GET /one HTTP/1.1\r\n\r\nBAD\r\n\r\n")
    assert (raw.reply(), raw.reply(), raw.reply()) == (401, 400, 0)


def test_a_request_may_come_in_pieces(raw: Raw) -> None:
    for piece in (b"POST /x HT", b"TP/1.1\r\nContent-Le", b"ngth: 4\r\n\r\n{", b"}  "):
        raw.socket.sendall(piece)
    assert raw.reply() == 401


def test_close_is_kept(raw: Raw) -> None:
    raw.socket.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert (raw.reply(), raw.reply()) == (401, 0)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET http://elsewhere/ HTTP/1.1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 17_000, 431),
    ],
)
def test_what_is_too_much_or_no_request_is_refused(raw: Raw, said: bytes, code: int) -> None:
    raw.socket.sendall(said)
    assert (raw.reply(), raw.reply()) == (code, 0)
