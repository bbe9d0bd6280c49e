"""What a client says (RFC 6143, 7.5) and what a server says (7.6), read and written."""

import struct
from typing import NamedTuple

from vps.rfb.pixels import SIZE as FORMAT_SIZE
from vps.rfb.pixels import Palette, PixelFormat
from vps.rfb.stream import ProtocolError, Stream

RAW = 0  # the one encoding every client knows
MAX_TEXT = 64 * 1024  # bytes of a clipboard we take
MAX_ENCODINGS = 1024


class SetPixelFormat(NamedTuple):
    format: PixelFormat


class SetEncodings(NamedTuple):
    encodings: tuple[int, ...]


class UpdateRequest(NamedTuple):
    incremental: bool
    x: int
    y: int
    width: int
    height: int


class Key(NamedTuple):
    down: bool
    symbol: int  # an X11 keysym


class Pointer(NamedTuple):
    buttons: int
    x: int
    y: int


class CutText(NamedTuple):
    text: bytes


class Rectangle(NamedTuple):
    x: int
    y: int
    width: int
    height: int
    pixels: bytes  # raw, in the client's format


Message = SetPixelFormat | SetEncodings | UpdateRequest | Key | Pointer | CutText


async def read_message(stream: Stream) -> Message:
    """The client's next message; ProtocolError if it is unknown or too long."""
    kind = (await stream.read(1))[0]
    if kind == 0:
        return SetPixelFormat(PixelFormat.from_bytes((await stream.read(3 + FORMAT_SIZE))[3:]))
    if kind == 2:
        return await _read_encodings(stream)
    if kind == 3:
        incremental, *area = struct.unpack(">BHHHH", await stream.read(9))
        return UpdateRequest(bool(incremental), *area)
    if kind == 4:
        down, symbol = struct.unpack(">BxxI", await stream.read(7))
        return Key(bool(down), symbol)
    if kind == 5:
        return Pointer(*struct.unpack(">BHH", await stream.read(5)))
    if kind == 6:
        return await _read_text(stream)
    raise ProtocolError(f"Unknown message {kind}.")


async def _read_encodings(stream: Stream) -> SetEncodings:
    (number,) = struct.unpack(">xH", await stream.read(3))
    if number > MAX_ENCODINGS:
        raise ProtocolError("Too many encodings.")
    return SetEncodings(struct.unpack(f">{number}i", await stream.read(4 * number)))


async def _read_text(stream: Stream) -> CutText:
    (size,) = struct.unpack(">3xI", await stream.read(7))
    if size > MAX_TEXT:
        raise ProtocolError("Too long a clipboard.")
    return CutText(await stream.read(size))


def write_server_init(width: int, height: int, pixel_format: PixelFormat, name: str) -> bytes:
    title = name.encode()
    size = struct.pack(">HH", width, height)
    return size + pixel_format.to_bytes() + struct.pack(">I", len(title)) + title


def write_update_start(rectangles: int) -> bytes:
    return struct.pack(">BxH", 0, rectangles)


def write_rectangle(rectangle: Rectangle) -> bytes:
    return struct.pack(">HHHHi", *rectangle[:4], RAW) + rectangle.pixels


def write_cut_text(text: str) -> bytes:
    """ServerCutText: what was copied on the server's side."""
    said = text.encode("latin-1", "replace")
    return struct.pack(">B3xI", 3, len(said)) + said


def write_colour_map(palette: Palette) -> bytes:
    """SetColourMapEntries, for a client that asked for no true colour."""
    head = struct.pack(">BxHH", 1, 0, len(palette))
    return head + b"".join(struct.pack(">HHH", *(257 * part for part in colour)) for colour in palette)
