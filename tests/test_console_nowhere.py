"""Ticket and secret of a console are found nowhere but in the one answer that is meant for the memory of its page."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone
from pytest_django import Settings

from tests.everything_said import EverythingSaid, everything_said
from tests.provider.answer_faults import body
from tests.provider.fault_server import Fault, FaultServer
from tests.rows import give_machine, give_token
from tests.secret_search import find_secrets
from tests.services.collector_kit import seconds
from tests.test_secrets_nowhere import taken_away
from vps.models import ConsoleSession, Machine
from vps.services.collection import Collector
from vps.services.console import sweep_consoles
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
TICKET, SECRET = "action_7f3a9c+e/r?s&t=u", "vnc_0b1c2d+e/r?s&t=u"


@pytest.fixture
def said(anna: User) -> Iterator[EverythingSaid]:
    with everything_said(anna) as everything:
        yield everything


@pytest.fixture
def simulator(settings: Settings) -> Iterator[Simulator]:
    with Simulator(machines=2, calls_per_minute=0) as running:
        settings.VPS_API_URL, settings.VPS_CONSOLE_URL = running.api, running.console
        yield running


@pytest.fixture
def machine(anna: User, simulator: Simulator) -> Machine:
    token = give_token(anna, secret=simulator.mint().token)
    project, (product, *_others) = next(iter(simulator.projects.items()))
    simulator.set(product, status="running")
    return give_machine(token, machine={"project": project, "product": product})


def address(machine: Machine) -> str:
    return f"/machines/{machine.project}/{machine.product}/console/"


class Console:
    """Connects as the page does. `secrets`: all that it was given, which nobody else may have seen."""

    def __init__(self, said: EverythingSaid, machine: Machine) -> None:
        self.said, self.machine = said, machine
        self.secrets: list[str] = []

    def connect(self, session: str = "") -> dict[str, Any]:
        answer = self.said.client.post(f"{address(self.machine)}ticket/", {"session": session})
        self.said.keep("headers of the ticket", repr(list(answer.items())))
        self.said.keep("cookies after the ticket", self.said.client.cookies.output())
        told: dict[str, Any] = json.loads(answer.content) if answer.status_code == 200 else {}
        if "url" in told:
            ticket = unquote(told["url"].rpartition("/")[2])
            self.secrets += [ticket, told["url"], told["secret"]]
        else:
            self.said.keep("no ticket", answer.content)
        return told

    def look_around(self) -> None:
        machine_page = address(self.machine).removesuffix("console/")
        for path in (address(self.machine), f"{address(self.machine)}live/", machine_page, "/", "/tokens/"):
            self.said.visit(path)


@pytest.fixture
def console(said: EverythingSaid, machine: Machine) -> Console:
    return Console(said, machine)


def nowhere(said: EverythingSaid, secrets: list[str]) -> None:
    """They are not found; and the search looked where things are: it finds what may be found."""
    hays = said.haystacks()
    assert find_secrets(secrets, hays) == []
    known = {name.partition(" (")[0] for name in hays}
    assert {"log of vps.requests", "log of django.db.backends", "session"} <= known
    assert any(b"console." in _bytes(hay) for name, hay in hays.items() if name not in said.heard)


def _bytes(hay: str | bytes) -> bytes:
    return hay.encode() if isinstance(hay, str) else hay


def test_after_everything_that_a_person_does_in_a_console(said: EverythingSaid, console: Console) -> None:
    stay = console.connect()["session"]
    assert console.connect(stay)["session"] == stay
    said.visit(f"{address(console.machine)}{stay}/beat/", {})
    said.visit(f"{address(console.machine)}{stay}/close/", {})
    said.visit(f"{address(console.machine)}{stay}/beat/", {})
    console.connect(stay)
    sweep_consoles(timezone.now() + seconds(120))
    Collector().run_once()
    console.look_around()
    assert len(set(console.secrets)) == 9
    assert ConsoleSession.objects.count() == 2
    nowhere(said, console.secrets)


@pytest.mark.parametrize(
    "fault",
    [
        *({"fault": "status", "code": code} for code in (400, 401, 403, 404, 429, 500)),
        *({"fault": name} for name in ("html", "garbage", "wrong_json")),
        *({"fault": name, "after": True} for name in ("truncate", "reset")),
    ],
    ids=lambda fault: " ".join(map(str, fault.values())),
)
def test_after_every_fault_of_the_provider(
    said: EverythingSaid, console: Console, simulator: Simulator, fault: dict[str, Any]
) -> None:
    stay = console.connect()["session"]
    simulator.fault(kind="console", **fault)
    assert "sentence" in console.connect()
    assert "sentence" in console.connect(stay)
    simulator.clear_faults()
    console.look_around()
    nowhere(said, [*console.secrets, *issued(simulator)])


def issued(simulator: Simulator) -> list[str]:
    """Also what was on its way when the line broke."""
    return [word for name, ticket in simulator.tickets._open.items() for word in (name, ticket.secret)]


GOOD = {"success": True, "ticket": TICKET, "secret": SECRET}
# Replies that hold both, and are no reply.
SPOILT: dict[str, tuple[bytes, str]] = {
    "no success": (json.dumps({**GOOD, "success": None}).encode(), "200 OK"),
    "success false": (json.dumps({**GOOD, "success": False}).encode(), "200 OK"),
    "another type": (json.dumps({**GOOD, "secret": [SECRET]}).encode(), "200 OK"),
    "a NUL": (json.dumps({**GOOD, "ticket": f"{TICKET}\0"}).encode(), "200 OK"),
    "cut": (json.dumps(GOOD).encode()[:-2], "200 OK"),
    "no UTF-8": (json.dumps(GOOD).encode() + b"\xff", "200 OK"),
    "as an error": (json.dumps(GOOD).encode(), "500 Oops"),
    "as a refusal": (json.dumps(GOOD).encode(), "403 Forbidden"),
    "not modified": (json.dumps(GOOD).encode(), "304 Not Modified"),
    "a path": (json.dumps({**GOOD, "ticket": ".."}).encode(), "200 OK"),
}


@pytest.mark.parametrize(("reply", "status"), SPOILT.values(), ids=SPOILT.keys())
def test_after_a_ticket_that_is_none(
    said: EverythingSaid, machine: Machine, settings: Settings, reply: bytes, status: str
) -> None:
    console = Console(said, machine)
    with FaultServer(Fault("a spoilt ticket", body(reply, status), None, None)) as server:
        settings.VPS_API_URL = server.url
        assert "sentence" in console.connect()
    console.look_around()
    nowhere(said, [TICKET, SECRET])


@pytest.mark.parametrize("debug", [True, False], ids=["DEBUG on", "DEBUG off"])
@pytest.mark.parametrize("table", ["vps_consolesession", "vps_auditevent"])
def test_after_the_panel_itself_failed(
    said: EverythingSaid, console: Console, simulator: Simulator, table: str, debug: bool
) -> None:
    with override_settings(DEBUG=debug), taken_away(table):
        assert console.connect() == {}
    reports = [name for name in said.heard if name.startswith("error report")]
    assert len(reports) >= 2
    console.connect()
    assert simulator.calls.count("console") == 2
    nowhere(said, [*console.secrets, *issued(simulator)])


def test_the_search_would_find_them(said: EverythingSaid, console: Console) -> None:
    """The proof of the proof."""
    told = console.connect()
    said.keep("the answer itself", json.dumps(told))
    ConsoleSession.objects.update(token_name=told["secret"])
    found = " ".join(find_secrets(console.secrets, said.haystacks()))
    assert "secret 1 as raw in the answer itself" in found
    assert "secret 3 as raw in log of django.db.backends" in found
    assert any(place in found for place in (".sqlite3.test", "table vps_consolesession"))
