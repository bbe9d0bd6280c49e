"""The authorization matrix: every URL × method × person has its answer, and who is refused changed nothing.

Its rows are in tests/matrix_rows.py, its people and the rows of their database in tests/matrix_world.py.
"""

from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any, NamedTuple

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import Settings

from tests.matrix_rows import TABLE
from tests.matrix_spy import Spy, all_rows, undone, watching
from tests.matrix_world import GROUPS, PEOPLE, World, confirm, give_world

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST", "PUT", "DELETE")
ADD = "Add its lines to TABLE in tests/matrix_rows.py, which says how."
ALLOWED = set("ora")
SIGN_IN, CONFIRM = "/accounts/login/", "/accounts/reauthenticate/"
LONG_AGO = 1_000_000.0
# A page may say that somebody looks at its machines: that changes no machine and nobody's rights.
BY_LOOKING = {"vps_interest"}


class Url(NamedTuple):
    name: str
    ids: tuple[str, ...]


class Row(NamedTuple):
    answers: dict[str, str]
    asks: bool


class Seen(NamedTuple):
    response: HttpResponseBase
    calls: list[str]
    written: set[str]

    @property
    def letter(self) -> str:
        status, to = self.response.status_code, self.response.headers.get("Location", "")
        if to.startswith(f"{SIGN_IN}?next="):
            return "S"
        letters = {302: "r", 303: "r", 400: "B", 403: "F", 404: "N", 405: "W", 409: "C"}
        found = "o" if 200 <= status < 300 else letters.get(status, str(status))
        return "a" if self.calls and found in ALLOWED else found


def urls(patterns: list[Any] | None = None, space: str = "", ids: tuple[str, ...] = ()) -> Iterator[Url]:
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        inside = (*ids, *entry.pattern.regex.groupindex)
        if isinstance(entry, URLResolver):
            yield from urls(
                entry.url_patterns, f"{space}{entry.namespace}:" if entry.namespace else space, inside
            )
        elif isinstance(entry, URLPattern):
            assert entry.name, f"The URL {entry.pattern} needs a name."
            yield Url(f"{space}{entry.name}", inside)


def read_table() -> dict[tuple[str, str], Row]:
    found: dict[tuple[str, str], Row] = {}
    for line in filter(str.strip, TABLE.splitlines()):
        name, method, *groups = line.split()
        answers, more = groups[: len(GROUPS)], groups[len(GROUPS) :]
        assert [len(group) for group in answers] == [len(group) for group in GROUPS], line
        assert (name, method) not in found, f"There are two lines for {method} {name}."
        found[name, method] = Row(dict(zip(PEOPLE, "".join(answers), strict=True)), more == ["asks"])
    return found


URLS, ROWS = list(urls()), read_table()


def expected(name: str, method: str, person: str) -> str:
    """A method that an address has not is refused, to who is not signed in by the way to the sign-in page."""
    if row := ROWS.get((name, method)):
        return row.answers[person]
    others = [row.answers[person] for (other, _method), row in ROWS.items() if other == name]
    assert others, f"{name} has no row in the authorization matrix. {ADD}"
    return "S" if set(others) == {"S"} else "W"


def ask(world: World, spy: Spy, url: Url, method: str, client: Client, **headers: str) -> Seen:
    known = world.ids | world.ids_of.get(url.name, {})
    missing = set(url.ids) - set(known)
    assert not missing, f"Name a {', '.join(missing)} in `ids` of tests/matrix_world.py, for {url.name}."
    address = reverse(url.name, kwargs={name: known[name] for name in url.ids})
    kept = SimpleCookie({name: morsel.value for name, morsel in client.cookies.items()})
    spy.take()
    if method == "POST":
        response: Any = client.post(address, world.typed.get(url.name, {}), headers=headers)
    else:
        response = client.generic(method, address, headers=headers)
    client.cookies = kept  # also where they signed out
    return Seen(response, *spy.take())


@pytest.fixture
def world(settings: Settings) -> World:
    settings.VPS_CONSOLE_URL = "wss://console.example.net"
    return give_world()


@pytest.fixture
def spy(world: World) -> Iterator[Spy]:
    with watching() as spy:
        yield spy


def test_every_address_has_its_row_and_every_row_its_address() -> None:
    names, rows = {url.name for url in URLS}, {name for name, _method in ROWS}
    assert len(names) == len(URLS), "Two URLs have the same name."
    missing = sorted(names - rows)
    assert not missing, f"The authorization matrix does not know of {', '.join(missing)}. {ADD}"
    assert rows - names == set(), "These are in tests/matrix_rows.py, and there is no such URL."


@pytest.mark.parametrize("person", PEOPLE)
def test_every_address_answers_as_the_table_says_and_a_refusal_changes_nothing(
    person: str, world: World, spy: Spy
) -> None:
    wrong, before = [], all_rows()
    for url in URLS:
        for method in METHODS:
            right = expected(url.name, method, person)
            if right == "-":
                continue
            if right in ALLOWED:
                with undone():
                    seen = ask(world, spy, url, method, world.clients[person])
            else:
                seen = ask(world, spy, url, method, world.clients[person])
            if seen.letter != right:
                wrong.append(f"{method} {url.name}: {seen.letter} instead of {right}")
            if (seen.calls or seen.written) and right not in ALLOWED:
                wrong.append(f"{method} {url.name}: refused, but {seen.calls} {seen.written}")
            if seen.written - BY_LOOKING and method == "GET":
                wrong.append(f"{method} {url.name}: a GET wrote {seen.written}")
    assert not wrong, "\n".join(wrong)
    assert all_rows() == before


def test_a_fragment_for_who_is_not_signed_in_leads_the_page_to_the_sign_in(world: World, spy: Spy) -> None:
    wrong = []
    for url in URLS:
        for method in METHODS[:2]:
            if expected(url.name, method, "anonymous") == "S":
                headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/?q=web"}
                seen = ask(world, spy, url, method, world.clients["anonymous"], **headers)
                to = seen.response.headers.get("HX-Redirect")
                if (seen.response.status_code, to) != (200, f"{SIGN_IN}?next=%2F%3Fq%3Dweb"):
                    wrong.append(f"{method} {url.name}: {seen.response.status_code} {to}")
    assert not wrong, "\n".join(wrong)


def test_what_lets_in_or_changes_rights_asks_first_who_one_is(world: World, spy: Spy) -> None:
    """And only those who may: to others it says no more than ever."""
    wrong = []
    for name, client in world.clients.items():
        if name in world.people:
            confirm(client, at=LONG_AGO)
    for url in URLS:
        row = ROWS.get((url.name, "POST"))
        for person, right in row.answers.items() if row and row.asks else ():
            seen = ask(world, spy, url, "POST", world.clients[person])
            to = seen.response.headers.get("Location", "")
            asked = seen.letter == "r" and to.startswith(CONFIRM)
            if not (asked if right in ALLOWED else seen.letter == right) or seen.written:
                wrong.append(f"{url.name} for {person}: {seen.letter} {to} {seen.written}")
    assert not wrong, "\n".join(wrong)


def test_every_post_wants_the_token_of_a_page_of_ours(world: World, spy: Spy) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = world.clients["owner"].cookies
    posts = [url for url in URLS if (url.name, "POST") in ROWS]
    assert len(posts) > 20
    seen = {url.name: ask(world, spy, url, "POST", careful) for url in posts}
    assert {name: (each.letter, each.written) for name, each in seen.items()} == {
        url.name: ("F", set()) for url in posts
    }
