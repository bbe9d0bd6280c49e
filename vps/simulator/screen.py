"""The text screen of a pretend machine: it boots, asks who is there, and answers keys."""

import contextlib
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from vps.rfb.pixels import Palette
from vps.simulator.machines import InvalidState, Machine
from vps.simulator.world import World

COLUMNS, ROWS = 80, 24
CELL_WIDTH, CELL_HEIGHT = 6, 11  # of Pillow's bitmap font; each dot is drawn as 2 by 2
LINES_PER_SECOND = 8
CONTROL, ALT, DELETE = {0xFFE3, 0xFFE4}, {0xFFE9, 0xFFEA}, {0xFFFF, 0xFF9F}
ENTER, BACKSPACE = {0xFF0D, 0xFF8D}, 0xFF08
LONGEST_INPUT = 200
_FONT = ImageFont.load_default_imagefont()


class Terminal:
    """A Screen in the sense of vps.rfb.server; one per machine, kept between connections."""

    width, height, band = COLUMNS * CELL_WIDTH * 2, ROWS * CELL_HEIGHT * 2, CELL_HEIGHT * 2
    palette: Palette = tuple(
        (10 + i * 170 // 255, 14 + i * 226 // 255, 20 + i * 160 // 255) for i in range(256)
    )

    def __init__(self, machine: Machine, world: World) -> None:
        self._machine, self._world = machine, world
        self.name = machine.name
        self._host = "".join(c if c.isascii() and c.isprintable() else "?" for c in machine.name)[:40]
        self._held: set[int] = set()
        self._typed = self.copied = self.pasted = ""
        self._forget()

    def take(self, text: str) -> None:
        self.pasted = text

    def picture(self) -> bytes | None:
        text = self.text()
        return None if text is None else b"".join(map(_draw, text))

    def text(self) -> list[str] | None:
        """The 24 lines to be seen; None when the machine is off."""
        self._machine.settle(self._world.now())
        return None if self._machine.booted is None else (self.lines() + [""] * ROWS)[:ROWS]

    def lines(self) -> list[str]:
        """The lines of a machine that is on, at most 24."""
        if self._machine.booted != self._boot:
            self._forget()
        lines = _boot_lines(self._host, self._machine)
        shown = int((self._world.now() - (self._boot or 0)) * LINES_PER_SECOND) + 1
        if shown > len(lines):
            hidden = self._asks.startswith("Password")
            lines += [*self._said, self._asks + ("" if hidden else self._typed) + "_"]
        else:
            lines = lines[:shown]
        if self._machine.moving:
            lines.append(f"*** The system will {self._machine.moving[0]} now. ***")
        folded = [line[at : at + COLUMNS] for line in lines for at in range(0, max(1, len(line)), COLUMNS)]
        return folded[-ROWS:]

    def press(self, symbol: int, *, down: bool) -> None:
        if not down:
            self._held.discard(symbol)
        elif symbol in CONTROL | ALT:
            self._held.add(symbol)
        elif symbol in DELETE and self._held & CONTROL and self._held & ALT:
            self._act("reboot")
        elif symbol in ENTER:
            self._enter()
        elif symbol == BACKSPACE:
            self._typed = self._typed[:-1]
        elif 32 <= symbol < 127 and len(self._typed) < LONGEST_INPUT:
            self._typed += chr(symbol)

    def _forget(self) -> None:
        self._boot = self._machine.booted
        self._said: list[str] = []
        self._asks, self._typed = self._login, ""

    @property
    def _login(self) -> str:
        return f"{self._host} login: "

    def _enter(self) -> None:
        typed, self._typed = self._typed.strip(), ""
        if self._asks.startswith("Password"):
            self._said += [
                self._asks,
                f"Welcome to {self._host}. Try: hostname, uptime, copy, paste, reboot, logout.",
            ]
            self._asks = f"{self._host}:~$ "
            return
        self._said = [*self._said, self._asks + typed][-ROWS:]
        if self._asks == self._login:
            self._asks = "Password: " if typed else self._login
        elif typed:
            self._said += _COMMANDS.get(typed.split()[0], Terminal._unknown)(self, typed)

    def _act(self, action: str) -> None:
        with contextlib.suppress(InvalidState):  # it is under way already
            self._machine.act(action, self._world.now())

    def _unknown(self, typed: str) -> list[str]:
        return [f"{typed.split()[0]}: command not found"]

    def _hostname(self, typed: str) -> list[str]:
        return [self._host]

    def _uptime(self, typed: str) -> list[str]:
        return [f"up {int(self._world.now() - (self._boot or 0))} seconds"]

    def _reboot(self, typed: str) -> list[str]:
        self._act("reboot")
        return []

    def _copy(self, typed: str) -> list[str]:
        self.copied = typed.partition(" ")[2]
        return []

    def _paste(self, typed: str) -> list[str]:
        return ["".join(c if " " <= c < "\x7f" else "?" for c in self.pasted[:LONGEST_INPUT])]

    def _logout(self, typed: str) -> list[str]:
        self._asks = self._login
        return []


_COMMANDS: dict[str, Callable[[Terminal, str], list[str]]] = {
    "hostname": Terminal._hostname,
    "uptime": Terminal._uptime,
    "reboot": Terminal._reboot,
    "copy": Terminal._copy,
    "paste": Terminal._paste,
    "logout": Terminal._logout,
}


def _boot_lines(host: str, machine: Machine) -> list[str]:
    steps = (
        "Mounted root file system",
        "Started network",
        "Started OpenSSH server",
        "Reached target Multi-User",
    )
    return [
        "SeaBIOS (version 1.16.2)",
        f"{machine.cpus} CPU(s), {machine.memory_total} MB memory",
        "Booting from hard disk...",
        "Loading Linux 6.8.0-generic ...",
        *(f"[  OK  ] {step}." for step in steps),
        "",
        f"Ubuntu 24.04 LTS {host} tty1",
        "",
    ]


@lru_cache(maxsize=4096)
def _draw(line: str) -> bytes:
    """One line of text as palette indices."""
    strip = Image.new("L", (COLUMNS * CELL_WIDTH, CELL_HEIGHT))
    ImageDraw.Draw(strip).text((0, 0), line, fill=255, font=_FONT)
    return strip.resize((Terminal.width, Terminal.band), Image.Resampling.NEAREST).tobytes()
