"""Pixel formats (RFC 6143, 7.4), and pictures of at most 256 colours put into them."""

import struct
from collections.abc import Sequence
from typing import Literal, NamedTuple, Self

from vps.rfb.stream import ProtocolError

Palette = Sequence[tuple[int, int, int]]  # up to 256 colours: red, green, blue, each 0..255
SIZE = 16  # bytes of a pixel format on the wire
_LAYOUT = struct.Struct(">BBBBHHHBBB3x")


class PixelFormat(NamedTuple):
    bits: int  # per pixel: 8, 16 or 32
    depth: int
    big_endian: int
    true_colour: int
    red_max: int
    green_max: int
    blue_max: int
    red_shift: int
    green_shift: int
    blue_shift: int

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """ProtocolError if no picture can be put into it."""
        made = cls(*_LAYOUT.unpack(data))
        if made.bits not in {8, 16, 32} or not (made.true_colour or made.bits == 8):
            raise ProtocolError("Unknown pixel format.")
        if made.true_colour and any(top == 0 or top << by >= 1 << made.bits for top, by in made._channels()):
            raise ProtocolError("The colours do not fit into a pixel.")
        return made

    def to_bytes(self) -> bytes:
        return _LAYOUT.pack(*self)

    def paint(self, indices: bytes, palette: Palette) -> bytes:
        """The picture, given as one palette index a pixel, in this format."""
        if not self.true_colour:
            return indices
        width = self.bits // 8
        order: Literal["big", "little"] = "big" if self.big_endian else "little"
        colours = [self._pack(colour).to_bytes(width, order) for colour in palette]
        colours += [bytes(width)] * (256 - len(colours))
        painted = bytearray(len(indices) * width)
        for place in range(width):
            painted[place::width] = indices.translate(bytes(colour[place] for colour in colours))
        return bytes(painted)

    def _pack(self, colour: tuple[int, int, int]) -> int:
        return sum(
            round(part * top / 255) << by for part, (top, by) in zip(colour, self._channels(), strict=True)
        )

    def _channels(self) -> tuple[tuple[int, int], ...]:
        return (
            (self.red_max, self.red_shift),
            (self.green_max, self.green_shift),
            (self.blue_max, self.blue_shift),
        )


USUAL = PixelFormat(32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
