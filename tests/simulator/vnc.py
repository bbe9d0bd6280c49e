"""A small VNC client of the tests' own."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import NamedTuple, Self

from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.simulator.conftest import Caller
from vps.rfb.auth import answer_challenge

PATIENCE = 10.0  # seconds for anything that must come
CONTROL, ALT, DELETE, ENTER = 0xFFE3, 0xFFE9, 0xFFFF, 0xFF0D


class Area(NamedTuple):
    x: int
    y: int
    width: int
    height: int
    pixels: bytes


class Viewer:
    """`with Viewer(url) as viewer:` then authenticate, then start."""

    def __init__(self, url: str) -> None:
        self._door = connect(
            url, subprotocols=[Subprotocol("binary")], max_size=None, proxy=None, compression=None
        )
        self._buffer = b""
        self.pixel_size = 4

    def __enter__(self) -> Self:
        self.socket = self._door.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._door.__exit__(kind, error, trace)

    def read(self, size: int) -> bytes:
        while len(self._buffer) < size:
            message = self.socket.recv(PATIENCE)
            assert isinstance(message, bytes)
            self._buffer += message
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def authenticate(self, password: str) -> str:
        """The reason of a refusal; "" when let in."""
        assert self.read(12) == b"RFB 003.008\n"
        self.socket.send(b"RFB 003.008\n")
        assert self.read(2) == b"\x01\x02"
        self.socket.send(b"\x02")
        self.socket.send(answer_challenge(password, self.read(16)))
        if self.read(4) == bytes(4):
            return ""
        return self.read(int.from_bytes(self.read(4))).decode()

    def start(self) -> str:
        """The name of the screen; its size is kept."""
        self.socket.send(b"\x01")
        self.width, self.height = struct.unpack(">HH", self.read(4))
        self.read(16)
        return self.read(int.from_bytes(self.read(4))).decode()

    def ask(self, *, incremental: bool) -> None:
        self.socket.send(struct.pack(">BBHHHH", 3, incremental, 0, 0, self.width, self.height))

    def look(self, *, incremental: bool = True) -> list[Area]:
        """Ask for what changed and wait for it."""
        self.ask(incremental=incremental)
        return self.receive()

    def receive(self) -> list[Area]:
        kind, number = struct.unpack(">BxH", self.read(4))
        assert kind == 0
        return [self._area() for _ in range(number)]

    def hear(self) -> str:
        """What was copied there, whatever is painted before."""
        while (kind := self.read(1)) == b"\0":
            for _number in range(int.from_bytes(self.read(3))):
                self._area()
            self.ask(incremental=True)
        assert kind == b"\3"
        return self.read(int.from_bytes(self.read(7))).decode("latin-1")

    def press(self, *symbols: int) -> None:
        """All down, in turn, then all up."""
        for down, row in ((1, symbols), (0, symbols[::-1])):
            for symbol in row:
                self.socket.send(struct.pack(">BBxxI", 4, down, symbol))

    def type(self, text: str) -> None:
        for character in text:
            self.press(ord(character))

    def _area(self) -> Area:
        x, y, width, height, encoding = struct.unpack(">HHHHi", self.read(12))
        assert encoding == 0
        return Area(x, y, width, height, self.read(width * height * self.pixel_size))


def take_ticket(caller: Caller) -> tuple[str, str]:
    """(address, password)."""
    told = caller.call("console").json()
    names = {"project": caller.project, "product": caller.product, "ticket": told["ticket"]}
    return caller.sim.console.format(**names), told["secret"]


@contextmanager
def open_screen(caller: Caller) -> Iterator[Viewer]:
    """A viewer that is let in and has the first picture behind it."""
    url, password = take_ticket(caller)
    with Viewer(url) as viewer:
        assert viewer.authenticate(password) == ""
        viewer.start()
        viewer.look(incremental=False)
        yield viewer
