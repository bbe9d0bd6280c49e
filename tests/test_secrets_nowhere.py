"""A token is found nowhere but in its sealed column and in memory, whatever was done and whatever failed."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import override_settings
from pytest_django import Settings

from tests.echoes import ECHOES
from tests.everything_said import EverythingSaid, everything_said
from tests.processes import manage
from tests.provider.fault_server import Fault, FaultServer
from tests.secret_search import find_secrets
from vps import crypto
from vps.models import Machine, Token
from vps.services.collection import Collector
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
TYPED = "key_typed+by/hand=and?used&nowhere%else"


@pytest.fixture(autouse=True)
def no_limit(settings: Settings) -> None:
    """A failing answer tells no allowance; what is looked for does not depend on waiting for it."""
    settings.VPS_CALLS_PER_MINUTE = 100_000


@pytest.fixture
def said(anna: User) -> Iterator[EverythingSaid]:
    with everything_said(anna) as everything:
        yield everything


@pytest.fixture
def simulator(settings: Settings) -> Iterator[Simulator]:
    with Simulator(machines=4, calls_per_minute=100_000) as running:
        settings.VPS_API_URL = running.api
        yield running


@pytest.fixture
def tokens(simulator: Simulator) -> list[str]:
    """Keys, something like a JWT, and one that the provider does not know."""
    minted = [simulator.mint().token, simulator.mint(expires_in=600).token]
    return [*(token.token for token in simulator.tokens), *minted, TYPED]


def add(said: EverythingSaid, token: str, projects: list[str], name: str = "Mine", **more: str) -> None:
    said.visit("/tokens/add/", {"name": name, "token": token, "projects": ", ".join(projects), **more})


def look_around(said: EverythingSaid) -> None:
    for path in ("/", "/?view=table", "/?group=token", "/cards/?since=0-0-0", "/tokens/"):
        said.visit(path)
    for token in Token.objects.all():
        said.visit(f"/tokens/{token.pk}/")
    for machine in Machine.objects.all():
        said.visit(f"/machines/{machine.project}/{machine.product}/")


def collect(said: EverythingSaid) -> None:
    """In this process, with every logger at DEBUG."""
    Collector().run_once()


def collect_apart(said: EverythingSaid) -> None:
    """In a process of its own, as in production."""
    process = manage("collect", "--once")
    out, err = process.communicate(timeout=60)
    said.keep("stdout of collect", out)
    said.keep("stderr of collect", err)


def nowhere(said: EverythingSaid, tokens: list[str]) -> None:
    """No token is found; and the search looked where things are: it finds what may be found."""
    hays = said.haystacks()
    assert find_secrets(tokens, hays) == []
    for place, marker in {
        "page /tokens/": b"Mine",
        "log of vps.requests": b"/tokens/",
        "": b"SELECT",
    }.items():
        assert any(marker in as_bytes(hay) for name, hay in hays.items() if name.startswith(place)), place
    written = {name: hay for name, hay in hays.items() if name not in said.heard and name != "session"}
    assert any(b"Mine" in as_bytes(hay) for hay in written.values()), "the database was not looked at"


def as_bytes(hay: str | bytes) -> bytes:
    return hay.encode() if isinstance(hay, str) else hay


def test_after_everything_that_a_person_does(
    said: EverythingSaid, simulator: Simulator, tokens: list[str]
) -> None:
    first, second, *_others = simulator.projects
    add(said, tokens[0], [first])
    add(said, tokens[0], [first])  # the name is taken
    add(said, TYPED, [first], "Refused")
    add(said, tokens[2], [second], "By hand", machines=f"{second}/{simulator.projects[second][0]}")
    add(said, tokens[4], [first, "prj-of-nobody"], "JWT")
    mine, other = Token.objects.get(name="Mine"), Token.objects.get(name="JWT")
    for path, data in {
        "replace": {"token": tokens[1]},
        "check": {},
        "rename": {"name": "Mine still"},
        "projects": {"project-project": second},
        "machines": {"machine-project": second, "machine-machine": "vm-of-nobody"},
    }.items():
        said.visit(f"/tokens/{mine.pk}/{path}/", data)
    said.visit(f"/tokens/{mine.pk}/replace/", {"token": TYPED})
    said.visit(f"/tokens/{other.pk}/forget/")
    said.visit(f"/tokens/{other.pk}/forget/", {})
    cache.set("a-probe", "the cache is a table of the database")
    collect(said)
    collect_apart(said)
    look_around(said)
    assert Token.objects.count() == 2
    nowhere(said, tokens)


BAD_FORMS: list[dict[str, Any]] = [
    {"name": "", "token": TYPED, "projects": "prj-1"},
    {"name": "Mine", "token": TYPED, "projects": ""},
    {"name": "Mine", "token": f"{TYPED} {TYPED}", "projects": "prj-1"},
    {"name": "Mine", "token": f"{TYPED}\n", "projects": "a b, c/d"},
    {"name": "Mine" * 30, "token": f"ü{TYPED}", "projects": "prj-1", "machines": "a/b/c"},
    {"name": "Mine", "token": TYPED * 200, "projects": "prj-1"},
]


def test_after_forms_that_were_filled_in_wrongly(said: EverythingSaid, simulator: Simulator) -> None:
    for data in BAD_FORMS:
        assert b'class="error"' in said.visit("/tokens/add/", data).content
    add(said, simulator.tokens[0].token, list(simulator.projects))
    token = Token.objects.get()
    for data in ({"token": f"{TYPED} "}, {"token": TYPED[:5]}, {"token": f"ü{TYPED}"}, {"token": TYPED}):
        said.visit(f"/tokens/{token.pk}/replace/", data)
    said.visit("/tokens/nonsense/", {"token": TYPED})
    look_around(said)
    nowhere(said, [TYPED, simulator.tokens[0].token])


@pytest.mark.parametrize(
    ("fault", "fields"),
    [
        *[("status", {"code": code}) for code in (400, 401, 403, 404, 429, 500, 502)],
        *[(name, {}) for name in ("html", "garbage", "truncate", "wrong_json", "reset", "refuse")],
        ("hang", {"kind": "status", "times": 1}),
    ],
)
def test_after_every_fault_of_the_provider(
    said: EverythingSaid, simulator: Simulator, tokens: list[str], fault: str, fields: dict[str, Any]
) -> None:
    add(said, tokens[0], list(simulator.projects))
    token = Token.objects.get()
    simulator.fault(fault, **fields)
    add(said, tokens[1], list(simulator.projects), "Other")
    said.visit(f"/tokens/{token.pk}/check/", {})
    said.visit(f"/tokens/{token.pk}/replace/", {"token": tokens[4]})
    collect(said)
    if fault in ("garbage", "reset") or fields == {"code": 401}:
        collect_apart(said)
    look_around(said)
    nowhere(said, tokens)


def test_after_a_provider_that_repeats_the_token_in_every_way(
    said: EverythingSaid, settings: Settings
) -> None:
    with FaultServer() as server:
        settings.VPS_API_URL = server.url
        add(said, TYPED, ["prj-1"])
        check = f"/tokens/{Token.objects.get(name='Mine').pk}/check/"
        for name, echo in ECHOES.items():
            server.fault = Fault("an echo", echo, None, None)
            add(said, TYPED, ["prj-2"], "Other", machines="prj-2/vm-1")
            said.visit(check, {})
            collect(said)
            if name == "in a page":
                collect_apart(said)
            said.visit("/tokens/")
            said.visit("/")
        look_around(said)
    nowhere(said, [TYPED])


@pytest.mark.parametrize("debug", [True, False], ids=["DEBUG on", "DEBUG off"])
@pytest.mark.parametrize("table", ["vps_token", "vps_tokenproject", "vps_ability"])
def test_after_the_panel_itself_failed(
    said: EverythingSaid, simulator: Simulator, tokens: list[str], table: str, debug: bool
) -> None:
    add(said, tokens[0], list(simulator.projects))
    token = Token.objects.get()
    said.visit("/tokens/")
    with override_settings(DEBUG=debug), taken_away(table):
        answers = [
            said.visit("/tokens/add/", {"name": "Other", "token": tokens[1], "projects": "prj-1"}),
            said.visit(
                "/tokens/add/",
                {"name": "New", "token": tokens[1], "projects": next(iter(simulator.projects))},
            ),
            said.visit(f"/tokens/{token.pk}/replace/", {"token": tokens[4]}),
            said.visit(f"/tokens/{token.pk}/check/", {}),
        ]
    assert len([answer for answer in answers if answer.status_code in (500, 503)]) >= 2
    reports = [name for name in said.heard if name.startswith("error report")]
    assert len(reports) >= 4
    nowhere(said, tokens)


class taken_away:
    """A table that is not there makes the panel fail in the midst of its work."""

    def __init__(self, table: str) -> None:
        self.table = table

    def __enter__(self) -> None:
        self._rename(self.table, f"{self.table}_away")

    def __exit__(self, *_: object) -> None:
        self._rename(f"{self.table}_away", self.table)

    def _rename(self, old: str, new: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER TABLE "{old}" RENAME TO "{new}"')


def test_the_search_would_find_a_token_that_is_opened(
    said: EverythingSaid, simulator: Simulator, tokens: list[str]
) -> None:
    """The proof of the proof: each place is really searched."""
    add(said, tokens[0], list(simulator.projects))
    token = Token.objects.get()
    opened = crypto.unseal(token.sealed, token.bound_to)
    Machine.objects.update(name=opened)
    said.visit("/")
    cache.set("leak", opened)
    found = " ".join(find_secrets([opened], said.haystacks()))
    assert "raw in page /" in found
    assert "raw in log of django.db.backends" in found
    assert any(place in found for place in (".sqlite3.test", "table vps_machine"))
