"""How the authorization matrix asks, and reads its table and the answers."""

from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any, NamedTuple

from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.matrix_rows import TABLE
from tests.matrix_spy import Spy
from tests.matrix_world import GROUPS, PEOPLE, World

METHODS = ("GET", "POST", "PUT", "DELETE")
ADD = "Add its lines to TABLE in tests/matrix_rows.py, which says how."
ALLOWED = set("ora")
SIGN_IN = "/accounts/login/"


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
        letters = {302: "r", 303: "r", 400: "B", 403: "F", 404: "N", 405: "W", 409: "C", 410: "G"}
        found = "o" if 200 <= status < 300 else letters.get(status, str(status))
        return "a" if self.calls and found in ALLOWED else found


def routes(patterns: list[Any] | None = None) -> list[URLPattern]:
    found = get_resolver().url_patterns if patterns is None else patterns
    inside = [routes(one.url_patterns) if isinstance(one, URLResolver) else [one] for one in found]
    return [route for group in inside for route in group]


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
BY_NAME = {url.name: url for url in URLS}


def expected(name: str, method: str, person: str) -> str:
    """A method that an address has not is refused, to who is not signed in by the way to the sign-in page."""
    if row := ROWS.get((name, method)):
        return row.answers[person]
    others = [row.answers[person] for (other, _method), row in ROWS.items() if other == name]
    assert others, f"{name} has no row in the authorization matrix. {ADD}"
    return "S" if set(others) == {"S"} else "W"


def ask(
    world: World, spy: Spy, url: Url, method: str, client: Client, typed: Any = None, **headers: str
) -> Seen:
    """With what is `typed`, or else what the world has for this address."""
    known = world.ids | world.ids_of.get(url.name, {})
    missing = set(url.ids) - set(known)
    assert not missing, f"Name a {', '.join(missing)} in `ids` of tests/matrix_world.py, for {url.name}."
    address = reverse(url.name, kwargs={name: known[name] for name in url.ids})
    kept = SimpleCookie({name: morsel.value for name, morsel in client.cookies.items()})
    spy.take()
    if method == "POST":
        response: Any = client.post(
            address, world.typed.get(url.name, {}) if typed is None else typed, headers=headers
        )
    else:
        response = client.generic(method, address, headers=headers)
    client.cookies = kept  # also where they signed out
    return Seen(response, *spy.take())
