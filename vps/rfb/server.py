"""One client at one screen: keys go in, changed parts of the picture go out."""

import asyncio
from typing import Protocol

from vps.rfb import messages
from vps.rfb.pixels import USUAL, Palette, PixelFormat
from vps.rfb.stream import Stream

FRAME = 0.04  # seconds between two looks at the screen


class Screen(Protocol):
    """A picture of at most 256 colours that changes by itself and by keys."""

    width: int
    height: int
    band: int  # rows that are compared, and sent, together
    name: str
    palette: Palette
    copied: str  # what was last copied there, for the clients' clipboards

    def picture(self) -> bytes | None:
        """One palette index a pixel, row by row; None when there is nothing to see any more."""

    def press(self, symbol: int, *, down: bool) -> None:
        """A key, as an X11 keysym."""

    def take(self, text: str) -> None:
        """What a client has on its clipboard."""


class Session:
    """Begins after the handshake; `run` ends when the screen does, or raises what the stream raises."""

    def __init__(self, stream: Stream, screen: Screen) -> None:
        self._stream, self._screen = stream, screen
        self._format: PixelFormat = USUAL
        self._shown = b""
        self._copied = screen.copied
        self._wanted = asyncio.Event()

    async def run(self) -> None:
        screen = self._screen
        hello = messages.write_server_init(screen.width, screen.height, self._format, screen.name)
        await self._stream.write(hello)
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._paint())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            match await messages.read_message(self._stream):
                case messages.Key(down, symbol):
                    self._screen.press(symbol, down=down)
                case messages.UpdateRequest(incremental):
                    if not incremental:
                        self._shown = b""
                    self._wanted.set()
                case messages.SetPixelFormat(pixel_format):
                    await self._change_format(pixel_format)
                case messages.CutText(text):
                    self._screen.take(text.decode("latin-1"))
                case _:  # pointer and encodings move nothing here
                    pass

    async def _change_format(self, pixel_format: PixelFormat) -> None:
        self._format, self._shown = pixel_format, b""
        if not pixel_format.true_colour:
            await self._stream.write(messages.write_colour_map(self._screen.palette))

    async def _paint(self) -> None:
        while True:
            await self._wanted.wait()
            picture = self._screen.picture()
            if picture is None:
                return
            if self._screen.copied != self._copied:
                self._copied = self._screen.copied
                await self._stream.write(messages.write_cut_text(self._copied))
            if picture == self._shown:
                await asyncio.sleep(FRAME)
                continue
            self._wanted.clear()
            await self._send(picture)

    async def _send(self, picture: bytes) -> None:
        screen, pixel_format = self._screen, self._format
        size = screen.width * screen.band
        changed = [at for at in range(0, len(picture), size) if self._differs(picture, at, size)]
        self._shown = picture
        await self._stream.write(messages.write_update_start(len(changed)))
        for at in changed:
            pixels = pixel_format.paint(picture[at : at + size], screen.palette)
            rectangle = messages.Rectangle(0, at // screen.width, screen.width, screen.band, pixels)
            await self._stream.write(messages.write_rectangle(rectangle))

    def _differs(self, picture: bytes, at: int, size: int) -> bool:
        return picture[at : at + size] != self._shown[at : at + size]
