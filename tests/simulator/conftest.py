"""A running simulator, a clock that moves when told, and a caller that knows only HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from vps.simulator.server import Simulator

PERMISSION = {"status": "READ_VPS", "control": "VPS_CONTROL", "console": "CONSOLE_VNC"}


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Caller:
    """One token, one machine, plain requests."""

    def __init__(self, sim: Simulator, token: str, product: str) -> None:
        self.sim, self.token, self.product = sim, token, product
        self.project = sim.machine(product).project
        self.session = requests.Session()
        self.session.trust_env = False

    def call(self, kind: str, method: str = "GET", **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        if kind in PERMISSION:
            headers["Permission"] = PERMISSION[kind]
        url = f"{self.sim.api}/projects/{self.project}/products"
        url += "?detailed=true" if kind == "listing" else f"/{self.product}/vps/{kind}"
        more.setdefault("timeout", 5)
        return self.session.request(method, url, headers=headers, **more)

    def power(self, action: str) -> requests.Response:
        return self.call("control", "POST", json={"action": action})

    def status(self) -> dict[str, Any]:
        return self.call("status").json()  # type: ignore[no-any-return]

    def uptime(self) -> int:
        return int(self.status()["uptime"].removesuffix("s"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sim(clock: Clock) -> Iterator[Simulator]:
    with Simulator(machines=8, seed=1, clock=clock) as running:
        for machines in running.projects.values():
            for product in machines:
                running.set(product, status="running", uptime=5000)
        yield running


@pytest.fixture
def product(sim: Simulator) -> str:
    """A machine that runs."""
    return next(iter(sim.projects.values()))[0]


@pytest.fixture
def caller(sim: Simulator, product: str) -> Iterator[Caller]:
    """With a token that may do everything."""
    made = Caller(sim, sim.tokens[0].token, product)
    with made.session:
        yield made


@pytest.fixture
def control(sim: Simulator) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session
