"""What the browser tests of consoles share: a page that is connected, and the machine's screen from behind."""

import asyncio
import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.e2e.fleet import Fleet
from tests.e2e.panel import PATIENCE
from vps.models import AuditEvent, ConsoleSession
from vps.simulator.screen import Terminal
from vps.simulator.server import Simulator

PICTURE = """() => {
  const canvas = document.querySelector('#screen canvas')
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true })
  copy.drawImage(canvas, 0, 0)
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height)
  let text = ''
  for (let at = 0; at < data.length; at += 4) text += String.fromCharCode(data[at], data[at + 1], data[at + 2])
  return btoa(text)
}"""


def console_path(fleet: Fleet, name: str) -> str:
    return f"{fleet.machine_path(name)}console/"


def connect(page: Page) -> None:
    page.get_by_role("button", name="Connect").click()
    expect_connected(page)


def expect_connected(page: Page) -> None:
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    expect(page.get_by_role("application")).to_be_focused()


def terminal(fleet: Fleet, name: str) -> Terminal:
    return fleet.provider.window.terminal(fleet.provider.machine(fleet.machines[name]))


def lines(fleet: Fleet, name: str) -> list[str]:
    """The text of the machine's screen, from behind."""
    return [line.rstrip() for line in terminal(fleet, name).text() or [] if line.strip()]


def painted(fleet: Fleet, name: str, page: Page) -> bool:
    """Whether each pixel in the browser is that of the machine's screen."""
    screen = terminal(fleet, name)
    picture = screen.picture()
    assert picture is not None
    wanted = b"".join(bytes(screen.palette[index]) for index in picture)
    return base64.b64decode(page.evaluate(PICTURE)) == wanted


def until(true: Callable[[], object]) -> None:
    """Waits for what nothing in a page tells."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def until_line(fleet: Fleet, name: str, line: str) -> None:
    """Waits until the last line of the machine's screen is that."""
    until(lambda: lines(fleet, name)[-1] == line)


def stays(fleet: Fleet) -> list[ConsoleSession]:
    """All the stays of this person, the oldest first."""
    with fleet.panel.unblock():
        rows = ConsoleSession.objects.using(fleet.panel.alias).filter(person_name=fleet.person)
        return list(rows.order_by("opened_at"))


def told(fleet: Fleet) -> list[tuple[str, str]]:
    """What the audit says of this person."""
    with fleet.panel.unblock():
        events = AuditEvent.objects.using(fleet.panel.alias).filter(
            person=fleet.person, code__startswith="console."
        )
        return list(events.order_by("pk").values_list("code", "outcome"))


def boot(fleet: Fleet, name: str) -> datetime | float | None:
    machine = fleet.provider.machine(fleet.machines[name])
    machine.settle(fleet.provider.world.now())
    return machine.booted


def stop_clock(page: Page) -> None:
    """From now on the page's timers fire only when the test lets time pass. Needs `page.clock.install()` before."""
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=2))


def drop_connections(provider: Simulator) -> None:
    """As when a network between breaks."""

    def drop() -> None:
        for each in provider.window._server.connections:
            each.transport.abort()

    provider._do(drop)


@contextmanager
def provider_away(provider: Simulator) -> Iterator[None]:
    """The provider is restarted: meanwhile neither its API nor its consoles take a connection."""

    def run(job: object) -> None:
        assert provider._loop is not None
        asyncio.run_coroutine_threadsafe(job, provider._loop).result(PATIENCE)  # type: ignore[arg-type]

    host, port = provider.window._server.sockets[0].getsockname()[:2]
    provider.fault("refuse")
    run(provider.window.close())
    try:
        yield
    finally:
        run(provider.window.open(host, port))
        provider.clear_faults()
