"""The wire: authentication against published figures, pixels by hand, messages that ask for too much."""

import asyncio
import struct
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from vps.rfb import messages
from vps.rfb.auth import answer_challenge
from vps.rfb.handshake import admit
from vps.rfb.pixels import USUAL, PixelFormat
from vps.rfb.stream import MessageStream, ProtocolError

T = TypeVar("T")
PALETTE = ((0, 0, 0), (255, 128, 1))


def alone(work: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: once a browser was opened, Playwright's loop runs in that of the tests."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class Wire:
    """A stream whose other side has said everything already."""

    def __init__(self, *said: str | bytes) -> None:
        self.written = bytearray()
        self._said = list(said)
        self.stream = MessageStream(self._receive, self._send)

    async def _receive(self) -> str | bytes:
        if not self._said:
            raise EOFError
        return self._said.pop(0)

    async def _send(self, data: bytes) -> None:
        self.written += data


def read(*said: str | bytes) -> messages.Message:
    return alone(messages.read_message(Wire(*said).stream))


def test_the_answer_is_the_des_of_fips_81_with_bits_turned_round() -> None:
    # key 0123456789ABCDEF, each byte read from its lowest bit, parity bits left out
    password = "\x00\x44\x22\x66\x11\x55\x33\x77"
    assert answer_challenge(password, b"Now is the time ").hex() == "3fa40e8a984d48156a271787ab8883f9"


def test_only_eight_bytes_of_a_password_count() -> None:
    challenge = bytes(16)
    assert answer_challenge("12345678", challenge) == answer_challenge("123456789", challenge)
    assert answer_challenge("1234567", challenge) != answer_challenge("12345678", challenge)
    assert len(answer_challenge("", challenge)) == 16


def test_a_picture_is_painted_in_the_usual_format() -> None:
    assert USUAL.paint(b"\x01\x00", PALETTE) == bytes([1, 128, 255, 0, 0, 0, 0, 0])


def test_red_may_come_first_and_bytes_may_be_turned_round() -> None:
    red_first = USUAL._replace(red_shift=0, blue_shift=16)
    assert red_first.paint(b"\x01", PALETTE) == bytes([255, 128, 1, 0])
    assert USUAL._replace(big_endian=1).paint(b"\x01", PALETTE) == bytes([0, 255, 128, 1])


def test_sixteen_and_eight_bits_are_honoured() -> None:
    high_colour = PixelFormat(16, 16, 0, 1, 31, 63, 31, 11, 5, 0)
    assert high_colour.paint(b"\x01", PALETTE) == struct.pack("<H", 31 << 11 | 32 << 5)
    mapped = PixelFormat(8, 8, 0, 0, 0, 0, 0, 0, 0, 0)
    assert mapped.paint(b"\x01\x00", PALETTE) == b"\x01\x00"


def test_a_format_survives_the_wire() -> None:
    assert PixelFormat.from_bytes(USUAL.to_bytes()) == USUAL
    assert len(USUAL.to_bytes()) == 16


@pytest.mark.parametrize(
    "wrong",
    [
        USUAL._replace(bits=24),
        USUAL._replace(bits=0),
        USUAL._replace(red_max=0),
        USUAL._replace(red_max=65535, red_shift=31),
        USUAL._replace(red_shift=255),
        USUAL._replace(true_colour=0),
    ],
)
def test_a_format_that_holds_no_picture_is_refused(wrong: PixelFormat) -> None:
    with pytest.raises(ProtocolError):
        PixelFormat.from_bytes(wrong.to_bytes())


def test_messages_are_read_however_they_are_cut() -> None:
    whole = struct.pack(">BBxxI", 4, 1, 0xFF0D)
    assert read(whole) == messages.Key(True, 0xFF0D)
    assert read(*(bytes([byte]) for byte in whole)) == messages.Key(True, 0xFF0D)


def test_every_message_of_a_client_is_known() -> None:
    assert read(b"\0\0\0\0" + USUAL.to_bytes()) == messages.SetPixelFormat(USUAL)
    assert read(struct.pack(">BxHii", 2, 2, 0, -239)) == messages.SetEncodings((0, -239))
    assert read(struct.pack(">BBHHHH", 3, 1, 0, 1, 2, 3)) == messages.UpdateRequest(True, 0, 1, 2, 3)
    assert read(struct.pack(">BBHH", 5, 4, 7, 9)) == messages.Pointer(4, 7, 9)
    assert read(struct.pack(">B3xI", 6, 3) + b"abc") == messages.CutText(b"abc")


@pytest.mark.parametrize(
    "said",
    [
        struct.pack(">B3xI", 6, messages.MAX_TEXT + 1),
        struct.pack(">B3xI", 6, 0xFFFFFFFF),
        struct.pack(">BxH", 2, 0xFFFF),
        b"\xff",
        "text instead of bytes",
    ],
)
def test_too_much_is_refused_before_it_is_read(said: str | bytes) -> None:
    with pytest.raises(ProtocolError):
        read(said)


@pytest.mark.parametrize("said", [[b"RFB 003.003\n"], [b"GET / HTTP/1"], [b"RFB 003.008\n", b"\x01"]])
def test_another_protocol_is_refused(said: list[bytes]) -> None:
    with pytest.raises(ProtocolError):
        alone(admit(Wire(*said).stream, "secret"))


def test_a_wrong_answer_is_refused_with_a_reason() -> None:
    wire = Wire(b"RFB 003.008\n", b"\x02", bytes(16))
    assert alone(admit(wire.stream, "secret")) is False
    assert wire.written.endswith(struct.pack(">II", 1, 21) + b"Authentication failed")


def test_a_colour_map_names_every_colour() -> None:
    told = messages.write_colour_map(PALETTE)
    assert told == struct.pack(">BxHH", 1, 0, 2) + struct.pack(">HHH", 0, 0, 0) + struct.pack(
        ">HHH", 65535, 128 * 257, 257
    )
