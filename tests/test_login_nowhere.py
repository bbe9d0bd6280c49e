"""A default password is found nowhere but in the one answer that reveals it, whatever was done and whatever failed."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import override_settings
from pytest_django import Settings

from tests.conftest import PASSWORD, forget_who_it_is
from tests.everything_said import EverythingSaid, everything_said
from tests.provider.fault_server import Exchange, Fault, FaultServer
from tests.rows import give_machine, give_token
from tests.secret_search import find_secrets
from tests.test_secrets_nowhere import as_bytes, collect, collect_apart, look_around, taken_away
from vps.models import AuditEvent, Machine
from vps.services.tokens import Secret, add_token
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "Gen3rated-Password_of+the/machine"


@pytest.fixture
def said(anna: User, settings: Settings) -> Iterator[EverythingSaid]:
    settings.VPS_CALLS_PER_MINUTE = 100_000
    with everything_said(anna) as everything:
        forget_who_it_is(everything.client)
        yield everything


@pytest.fixture
def simulator(settings: Settings) -> Iterator[Simulator]:
    with Simulator(machines=2, calls_per_minute=100_000) as running:
        settings.VPS_API_URL = running.api
        yield running


@pytest.fixture
def login(anna: User, simulator: Simulator) -> str:
    """The address of the page of a machine whose default login is to be had."""
    token = Secret(simulator.tokens[0].token)
    add_token(anna, name="Mine", secret=token, projects=list(simulator.projects))
    machine = Machine.objects.order_by("pk")[0]
    simulator.set(machine.product, login_for=3600, password=SECRET)
    return f"/machines/{machine.project}/{machine.product}/login/"


def confirm(said: EverythingSaid) -> None:
    said.visit("/accounts/reauthenticate/", {"password": PASSWORD})


def reveal(said: EverythingSaid, login: str) -> bytes:
    return said.visit(f"{login}reveal/", {}).content


def look(said: EverythingSaid, login: str) -> None:
    cache.set("a-probe", "the cache is a table of the database")
    look_around(said)
    for path in (login, f"{login}clear/", "/?show=login", "/accounts/sessions/"):
        said.visit(path)


def places(said: EverythingSaid) -> list[str]:
    """Where the password was found; and the search looked where things are: it finds what may be found."""
    hays = said.haystacks()
    written = {name: hay for name, hay in hays.items() if name not in said.heard and name != "session"}
    assert (
        any(b"login.revealed" in as_bytes(hay) for hay in written.values())
        or not AuditEvent.objects.filter(code="login.revealed").exists()
    )
    assert any(b"SELECT" in as_bytes(hay) for hay in hays.values())
    return [found.partition(" in ")[2].partition(" (")[0] for found in find_secrets([SECRET], hays)]


def test_after_all_that_a_person_does_with_it(said: EverythingSaid, login: str, simulator: Simulator) -> None:
    said.visit(login)
    assert SECRET.encode() not in reveal(said, login)  # first they say who they are
    confirm(said)
    assert reveal(said, login).count(SECRET.encode()) == 1
    look(said, login)
    collect(said)
    collect_apart(said)
    reveal(said, login)
    said.visit(f"{login}clear/", {})
    seen = Machine.objects.exclude(login_at=None).get()
    assert seen.login_at is not None
    said.visit(f"{login}clear/", {"seen": f"{seen.login} {seen.login_at.isoformat()}"})
    reveal(said, login)
    look(said, login)
    assert Machine.objects.get(pk=seen.pk).login == "gone"
    assert set(places(said)) == {f"page {login}reveal/"}
    assert len(places(said)) == 2


def unfit(exchange: Exchange) -> None:
    """The password, and a protocol that is none."""
    exchange.answer_json({**exchange.documented(), "password": SECRET, "protocol": 22})


def cut(exchange: Exchange) -> None:
    exchange.answer(json.dumps({**exchange.documented(), "password": SECRET}).encode()[:-2])


def with_a_failure(status: str) -> Callable[[Exchange], None]:
    def respond(exchange: Exchange) -> None:
        answer = {**exchange.documented(), "password": SECRET, "error": "Out of order"}
        exchange.answer_json(answer, status, f"X-Password: {SECRET}\r\n")

    return respond


ODD = {
    "unfit": unfit,
    "cut": cut,
    **{f"with {code}": with_a_failure(f"{code} {SECRET}") for code in (302, 400, 401, 403, 404, 429, 500)},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_after_an_answer_that_holds_it_and_is_none(
    said: EverythingSaid, anna: User, settings: Settings, odd: Callable[[Exchange], None]
) -> None:
    machine = give_machine(give_token(anna, "Mine"))
    login = f"/machines/{machine.project}/{machine.product}/login/"
    confirm(said)
    with FaultServer(Fault("odd", odd, None, None), only="defaultlogin") as server:
        settings.VPS_API_URL = server.url
        assert b"It was not revealed." in reveal(said, login)
        said.visit(f"{login}clear/", {})
    look(said, login)
    assert places(said) == []


@pytest.mark.parametrize("debug", [True, False], ids=["DEBUG on", "DEBUG off"])
@pytest.mark.parametrize("table", ["vps_auditevent", "vps_revision"])
def test_after_the_panel_itself_failed_with_the_password_in_its_hands(
    said: EverythingSaid, login: str, simulator: Simulator, table: str, debug: bool
) -> None:
    confirm(said)
    with override_settings(DEBUG=debug), taken_away(table):
        answer: Any = said.visit(f"{login}reveal/", {})
    assert answer.status_code in (500, 503)  # 503 where the database itself says that it is out of order
    assert simulator.calls.count("defaultlogin") == 1
    assert len([name for name in said.heard if name.startswith("error report")]) >= 2
    assert places(said) == []


@pytest.mark.parametrize("debug", [True, False], ids=["DEBUG on", "DEBUG off"])
def test_after_the_page_failed_that_was_to_show_it(
    said: EverythingSaid, login: str, debug: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the midst of the template, after the password was written into it."""

    def break_off(*_: object, **__: object) -> str:
        raise RuntimeError("no such icon")

    confirm(said)
    monkeypatch.setattr("vps.templatetags.page.times.time_element", break_off)
    with override_settings(DEBUG=debug):
        answer: Any = said.visit(f"{login}reveal/", {})
    assert answer.status_code == 500
    assert places(said) == []
