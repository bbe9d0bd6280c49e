"""The console shows a real machine: QEMU's screen over its own VNC server. Needs QEMU."""

import asyncio
import base64
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.conftest import Complaints
from tests.e2e.conftest import OpenPanel
from tests.e2e.consoles import PICTURE, connect, console_path, until
from tests.e2e.fleet import Fleet
from vps.simulator.qemu import BINARY, PATIENCE, Qemu
from vps.simulator.server import Simulator

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which(BINARY) is None, reason=f"{BINARY} is not installed"),
]
NewContext = Callable[..., BrowserContext]
MISSED = 9.0  # seconds after which it waits for no key any more
PASTED = "Shop_7 (web) {a|b} <c> ~!@%^&*+:?\n"  # what an English keyboard writes with Shift and without


@pytest.fixture
def fleet(open_panel: OpenPanel) -> Iterator[Fleet]:
    with (
        Simulator(machines=0, console="qemu", calls_per_minute=0) as provider,
        open_panel(provider.api, console=provider.console) as panel,
    ):
        yield Fleet(panel, provider)


class Behind:
    """The same machine, seen from behind: the memory of its text screen."""

    def __init__(self, fleet: Fleet, name: str, folder: Path) -> None:
        self._fleet, self._product, self._file = fleet, fleet.machines[name], folder / "screen"

    @property
    def qemu(self) -> Qemu:
        stable = self._fleet.provider.window._stable
        assert stable is not None
        return stable._running[self._product]

    def command(self, name: str, **arguments: object) -> None:
        loop = self._fleet.provider._loop
        assert loop is not None
        asyncio.run_coroutine_threadsafe(self.qemu.command(name, **arguments), loop).result(PATIENCE)

    def text(self) -> str:
        self.command("pmemsave", val=0xB8000, size=80 * 25 * 2, filename=str(self._file))
        return self._file.read_bytes()[::2].decode("cp437")


def lit(page: Page) -> int:
    """How many pixels of the picture are not black."""
    picture = base64.b64decode(page.evaluate(PICTURE))
    return sum(map(any, zip(picture[::3], picture[1::3], picture[2::3], strict=True)))


def reach_prompt(page: Page, machine: Behind) -> None:
    """Its network card's firmware waits for Ctrl + B for two seconds, and then has a command line. On a busy machine
    that may be missed: then it is reset."""
    began = time.monotonic()

    def asks() -> bool:
        nonlocal began
        page.keyboard.press("Control+b")
        if "iPXE>" in machine.text():
            return True
        if time.monotonic() > began + MISSED:
            machine.command("system_reset")
            began = time.monotonic()
        return False

    until(asks)


def test_a_real_machine_is_shown_takes_text_and_resets(
    fleet: Fleet, new_context: NewContext, complaints: Complaints, tmp_path: Path
) -> None:
    complaints.expect("willReadFrequently")  # noVNC reads back what this machine's screen moves
    fleet.add("real")
    fleet.save_token()
    page = fleet.enter(new_context(), console_path(fleet, "real"))
    connect(page)
    machine = Behind(fleet, "real", tmp_path)
    reach_prompt(page, machine)
    dark = lit(page)
    page.keyboard.type("echo typed ", delay=50)  # as a hand does
    page.get_by_role("button", name="Paste").click()
    page.get_by_label("Text").fill(PASTED)
    page.get_by_role("button", name="Type it").click()
    until(lambda: machine.text().count(PASTED.strip()) == 2)
    assert f"typed {PASTED.strip()}" in machine.text()
    until(lambda: lit(page) > dark > 1000)
    page.get_by_role("button", name="Keys").click()
    page.get_by_role("button", name="Ctrl + Alt + Del").click()
    until(lambda: "typed" not in machine.text())
    reach_prompt(page, machine)
