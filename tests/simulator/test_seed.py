"""The worlds: a healthy one, and a demo in which every unusual state is to be seen."""

import ipaddress
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.simulator.conftest import Caller, Clock
from vps.simulator.server import Simulator

RANGES = [
    ipaddress.ip_network(net)
    for net in ("203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24", "2001:db8::/32")
]


@pytest.fixture
def demo(clock: Clock) -> Iterator[Simulator]:
    with Simulator(machines=24, demo=True, clock=clock) as running:
        yield running


def ask(sim: Simulator, token: str, product: str) -> requests.Response | None:
    """A status reply; None when none comes."""
    caller = Caller(sim, token, product)
    with caller.session:
        try:
            return caller.call("status", timeout=0.5)
        except requests.ReadTimeout:
            return None


def test_the_demo_shows_every_kind_of_trouble(demo: Simulator) -> None:
    team = demo.demo[0]
    replies = [ask(demo, team.token, product) for p in team.projects for product in demo.projects[p]]
    assert sum(reply is None for reply in replies) == 1
    answers = [reply for reply in replies if reply is not None]
    assert sum(reply.status_code == 500 for reply in answers) == 1
    assert sum(reply.headers["Content-Type"].startswith("text/html") for reply in answers) == 1
    fine = [reply.json() for reply in answers if reply.headers["Content-Type"] == "application/json"]
    assert {"running", "stopped", "migrating"} <= {body.get("status") for body in fine}


def test_the_demo_has_24_machines_and_unusual_names(demo: Simulator) -> None:
    machines = [demo.machine(product) for products in demo.projects.values() for product in products]
    assert len(machines) == 24
    assert max(len(machine.name) for machine in machines) == 200
    assert sum(machine.ipv4 is None for machine in machines) == 1
    assert sum(machine.cycle is not None for machine in machines) == 1
    assert sum(not machine.obeys for machine in machines) == 1


def test_one_machine_leaves_a_minute_after_it_was_first_seen(demo: Simulator, clock: Clock) -> None:
    team, shop = demo.demo[0], demo.demo[0].projects[0]
    leaving = next(p for p in demo.projects[shop] if demo.machine(p).leaves_after)
    clock.advance(3600)
    caller = Caller(demo, team.token, leaving)
    with caller.session:
        for wait, code in ((59, 200), (1, 200), (0, 404)):
            assert caller.call("status").status_code == code
            clock.advance(wait)
        assert leaving not in {entry["uid"] for entry in caller.call("listing").json()}
    assert len(demo.world.machines(shop)) == len(demo.projects[shop]) - 1


def test_one_machine_goes_on_and_off_by_itself(demo: Simulator, clock: Clock) -> None:
    machine = next(m for p in demo.projects.values() for product in p if (m := demo.machine(product)).cycle)
    seen = []
    for _ in range(4):
        seen.append(machine.status(clock())["status"])
        clock.advance(40)
    assert seen in (["running", "stopped"] * 2, ["stopped", "running"] * 2)


@pytest.mark.parametrize(("name", "code"), [("Old key", 401), ("Busy key", 429)])
def test_two_tokens_work_when_added_and_fail_soon(demo: Simulator, name: str, code: int) -> None:
    pick = next(pick for pick in demo.demo if pick.name == name)
    product = demo.projects[pick.projects[0]][0]
    replies = [ask(demo, pick.token, product) for _ in range(5)]
    assert [reply.status_code for reply in replies if reply is not None] == [200, 200, 200, 200, code]


def test_one_token_may_not_list_and_names_its_machine(demo: Simulator) -> None:
    pick = next(pick for pick in demo.demo if pick.hand)
    assert pick.hand is not None
    caller = Caller(demo, pick.token, pick.hand)
    with caller.session:
        assert caller.call("listing").status_code == 403
        assert caller.call("status").status_code == 200


def test_a_healthy_world_is_healthy_and_mostly_runs() -> None:
    sim = Simulator(machines=200, seed=3)
    machines = [sim.machine(product) for products in sim.projects.values() for product in products]
    running = sum(machine.booted is not None for machine in machines)
    assert 150 < running < 200
    assert sim.faults.active == []
    assert len({machine.name for machine in machines}) == 200


def test_addresses_are_for_documentation_only() -> None:
    sim = Simulator(machines=1000)
    for products in sim.projects.values():
        for product in products:
            machine = sim.machine(product)
            for address in (machine.ipv4, machine.ipv6):
                assert address is not None
                host = ipaddress.ip_interface(address).ip
                assert any(host in net for net in RANGES if net.version == host.version)


@pytest.fixture
def command(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The simulator as a process of its own, announcing itself to announce.json too."""
    words = [
        "-m",
        "vps.simulator",
        "--machines",
        "5",
        "--demo",
        "--announce",
        str(tmp_path / "announce.json"),
    ]
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_the_command_announces_itself_and_ends_when_told(
    command: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert command.stdout is not None
    told = json.loads(command.stdout.readline())
    assert json.loads((tmp_path / "announce.json").read_text()) == told
    assert {"api", "console", "control", "tokens", "projects", "demo"} == set(told)
    assert all(part in told["console"] for part in ("{project}", "{product}", "{ticket}"))
    assert requests.get(told["api"], timeout=5).status_code == 401
    command.send_signal(signal.SIGTERM)
    assert command.wait(10) == 0
