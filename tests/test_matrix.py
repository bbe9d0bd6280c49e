"""The authorization matrix: every URL × method × person has its answer, and who is refused changed nothing.

Its rows are in tests/matrix_rows.py, its people and the rows of their database in tests/matrix_world.py.
"""

import pytest
from django.test import Client

from tests.matrix_kit import ADD, ALLOWED, METHODS, ROWS, SIGN_IN, URLS, ask, expected
from tests.matrix_spy import Spy, all_rows, undone
from tests.matrix_world import PEOPLE, World, confirm

pytestmark = pytest.mark.django_db
CONFIRM = "/accounts/reauthenticate/"
LONG_AGO = 1_000_000.0
# A page may say that somebody looks at its machines: that changes no machine and nobody's rights.
BY_LOOKING = {"vps_interest"}


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
