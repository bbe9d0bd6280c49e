"""Real machines behind the tickets; needs QEMU."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.simulator.conftest import Caller
from tests.simulator.vnc import Viewer, take_ticket
from vps.simulator.qemu import BINARY
from vps.simulator.server import Simulator

pytestmark = pytest.mark.skipif(shutil.which(BINARY) is None, reason=f"{BINARY} is not installed")


@pytest.fixture
def caller() -> Iterator[Caller]:
    with Simulator(machines=4, console="qemu") as sim:
        product = next(iter(sim.projects.values()))[0]
        sim.set(product, status="running")
        made = Caller(sim, sim.tokens[0].token, product)
        with made.session:
            yield made


def processes(folder: Path) -> list[int]:
    """Processes whose command line names this folder."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in line.read_bytes():
                found.append(int(line.parent.name))
        except OSError:
            continue  # it ended meanwhile
    return found


def test_a_real_machine_is_shown_and_ended(caller: Caller) -> None:
    folder = caller.sim.window.folder
    assert folder is not None
    assert processes(folder) == []
    url, password = take_ticket(caller)
    with Viewer(url) as viewer:
        assert viewer.authenticate(password) == ""
        assert viewer.start() == "QEMU"
        assert viewer.look(incremental=False)
        assert len(processes(folder)) == 1
        caller.power("kill")
        with pytest.raises(ConnectionClosed):
            viewer.read(1 << 30)  # whatever is still under way, and then the end
    deadline = time.monotonic() + 10
    while processes(folder):
        assert time.monotonic() < deadline


def test_each_ticket_has_its_own_password(caller: Caller) -> None:
    for _ in range(2):
        url, password = take_ticket(caller)
        with Viewer(url) as viewer:
            assert viewer.authenticate(password) == ""
    url, _ = take_ticket(caller)
    with Viewer(url) as viewer:
        assert viewer.authenticate(password)


def test_nothing_is_left_behind() -> None:
    with Simulator(machines=4, console="qemu") as sim:
        product = next(iter(sim.projects.values()))[0]
        sim.set(product, status="running")
        caller = Caller(sim, sim.tokens[0].token, product)
        url, password = take_ticket(caller)
        caller.session.close()
        with Viewer(url) as viewer:
            assert viewer.authenticate(password) == ""
        folder = sim.window.folder
        assert folder is not None
        assert processes(folder)
    assert processes(folder) == []
    assert not folder.exists()
