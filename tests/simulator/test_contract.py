"""What provider-api.md promises, asked of any server that says it keeps it.

By default that is the simulator. CONTRACT_API_URL, CONTRACT_TOKEN, CONTRACT_PROJECT and CONTRACT_PRODUCT
point it at another one; then it only reads, unless CONTRACT_ACT=1.
"""

import os
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import requests

from vps.simulator.server import Simulator

REAL = "CONTRACT_API_URL" in os.environ
acting = pytest.mark.skipif(
    REAL and os.environ.get("CONTRACT_ACT") != "1", reason="CONTRACT_ACT=1 allows calls that change something"
)


class Target(NamedTuple):
    api: str
    token: str
    project: str
    product: str
    session: requests.Session

    def get(self, path: str, permission: str = "", token: str | None = None) -> requests.Response:
        return self.send("GET", path, permission, token)

    def send(
        self, method: str, path: str, permission: str = "", token: str | None = None, **more: Any
    ) -> requests.Response:
        secret = self.token if token is None else token
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        headers |= {"Permission": permission} if permission else {}
        url = f"{self.api}/projects/{self.project}/products{path}"
        return self.session.request(method, url, headers=headers, timeout=10, allow_redirects=False, **more)

    def machine(self, what: str) -> str:
        return f"/{self.product}/vps/{what}"


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with requests.Session() as session:
        session.trust_env = False
        if REAL:
            names = ("API_URL", "TOKEN", "PROJECT", "PRODUCT")
            api, token, project, product = (os.environ[f"CONTRACT_{name}"] for name in names)
            yield Target(api.rstrip("/"), token, project, product, session)
            return
        with Simulator(machines=8) as sim:
            project, machines = next(iter(sim.projects.items()))
            sim.set(machines[0], status="running")
            yield Target(sim.api, sim.tokens[0].token, project, machines[0], session)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def said_error(reply: requests.Response) -> str:
    """The text of an error reply, which has this one shape."""
    body = reply.json()
    assert isinstance(body, dict)
    assert isinstance(body["error"], str)
    return str(body["error"])


def test_status_has_the_documented_shape(target: Target) -> None:
    reply = target.get(target.machine("status"), "READ_VPS")
    assert reply.status_code == 200
    assert reply.headers["Content-Type"].startswith("application/json")
    body = reply.json()
    assert isinstance(body["qemu"]["agent"], bool)
    assert isinstance(body["qemu"]["version"], str)
    assert isinstance(body["status"], str)
    assert re.fullmatch(r"[0-9]+s", body["uptime"])
    assert all(is_number(body[name]) for name in ("cpu", "cpus", "disk", "maxdisk"))
    assert all(is_number(body["memory"][name]) for name in ("usedMB", "total", "percent"))


def test_status_figures_are_possible(target: Target) -> None:
    body = target.get(target.machine("status"), "READ_VPS").json()
    assert body["cpus"] >= 1
    assert body["cpu"] >= 0
    assert 0 <= body["memory"]["usedMB"] <= body["memory"]["total"]
    assert 0 <= body["disk"] <= body["maxdisk"]
    share = 100 * body["memory"]["usedMB"] / body["memory"]["total"]
    assert body["memory"]["percent"] == pytest.approx(share, abs=1)


def test_the_list_names_the_machine(target: Target) -> None:
    reply = target.get("?detailed=true")
    if REAL and reply.status_code in {403, 404}:
        pytest.skip("this token may not list, which the document allows")
    assert reply.status_code == 200
    entries = reply.json()
    assert all(isinstance(entry["uid"], str) and isinstance(entry["type"], str) for entry in entries)
    mine = next(entry for entry in entries if entry["uid"] == target.product)
    assert mine["type"] == "vps"
    assert isinstance(mine["name"], str)
    assert mine["details"]["status"] in {"online", "offline"}
    assert {"ipv4", "ipv6"} <= set(mine["details"])


@pytest.mark.parametrize("token", ["", "no-such-token-0123456789"])
def test_a_missing_or_invalid_token_is_401(target: Target, token: str) -> None:
    reply = target.get(target.machine("status"), "READ_VPS", token=token)
    assert reply.status_code == 401
    assert said_error(reply)


def test_an_unknown_project_is_404_or_403(target: Target) -> None:
    reply = target._replace(project="no-such-project").get("?detailed=true")
    assert reply.status_code in {403, 404}
    assert said_error(reply)
    if not REAL:
        assert said_error(reply) == "Project not found"


def test_an_unknown_machine_is_an_error(target: Target) -> None:
    reply = target._replace(product="vm_nosuchmachine").get("/vm_nosuchmachine/vps/status", "READ_VPS")
    assert reply.status_code in {400, 403, 404}
    assert said_error(reply)


def test_rate_headers_are_numbers_where_they_are_sent(target: Target) -> None:
    headers = target.get(target.machine("status"), "READ_VPS").headers
    found = {name: value for name, value in headers.items() if name.lower().startswith("x-ratelimit-")}
    assert all(re.fullmatch(r"[0-9]+", value) for value in found.values())
    if not REAL:
        assert len(found) == 3


def test_the_connection_is_kept(target: Target) -> None:
    first = target.get(target.machine("status"), "READ_VPS")
    assert first.headers.get("Connection", "keep-alive").lower() != "close"


@acting
def test_starting_what_runs_is_refused_in_words(target: Target) -> None:
    reply = target.send("POST", target.machine("control"), "VPS_CONTROL", json={"action": "start"})
    assert reply.status_code == 400
    assert said_error(reply) == "Error, vps is already online."


@acting
def test_a_reboot_gives_a_receipt(target: Target) -> None:
    reply = target.send("POST", target.machine("control"), "VPS_CONTROL", json={"action": "reboot"})
    assert reply.status_code == 200
    body = reply.json()
    assert body["success"] is True
    assert body["action"]["command"] == "reboot"
    assert isinstance(body["action"]["uid"], str)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["action"]["created"])


@acting
def test_the_console_gives_a_ticket_and_a_secret(target: Target) -> None:
    reply = target.get(target.machine("console"), "CONSOLE_VNC")
    assert reply.status_code == 200
    body = reply.json()
    assert body["success"] is True
    assert body["ticket"]
    assert body["secret"]
    assert isinstance(body["ticket"], str)
    assert isinstance(body["secret"], str)


@acting
def test_the_default_login_can_be_cleared_and_is_then_gone(target: Target) -> None:
    path = target.machine("defaultlogin")
    before = target.get(path)
    assert before.status_code in {200, 400}
    if before.status_code == 200:
        assert {"type", "ipv4", "protocol", "username", "password"} <= set(before.json())
    assert target.send("POST", path).json() == {"success": True}
    after = target.get(path)
    assert after.status_code == 400
    assert said_error(after) == "Default password no longer available"
