"""Hostile strings show as text everywhere, and change nothing of a page's structure."""

from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.hostile import HOSTILE
from tests.page_structure import Structure
from tests.rows import give_machine, give_token
from vps.models import Ability, Access, Machine, StateChange, Status, Token, TokenProject
from vps.provider.addresses import is_id
from vps.provider.text import clean

NOW = timezone.now()
LONG = 29  # letters; such a name has a title beside it
each_string = pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
PAGES = (
    "/",
    "/?view=table",
    "/?group=token",
    "/cards/?since=0-0-0&view=table",
    "/tokens/",
    "/tokens/{token}/",
    "/tokens/{token}/forget/",
    "/machines/prj-1/vm-word/",
    "/machines/prj-1/vm-problem/",
    "/machines/prj-1/vm-problem/forget/",
)


def test_there_are_enough_of_them() -> None:
    assert len(set(HOSTILE.values())) >= 40


class Panel:
    """Anna's token, with one machine whose status word and one whose error the provider chose."""

    def __init__(self, anna: User, client: Client) -> None:
        self.client = client
        self.token = give_token(anna, "Mine", refused_at=None)
        TokenProject.objects.create(
            token=self.token, project="prj-1", how="refused", problem="not_allowed", checked_at=NOW
        )
        Ability.objects.create(token=self.token, operation="power", allowed=False, since=NOW)
        self.word = give_machine(self.token, machine={"product": "vm-word"})
        by_hand = {"how": Access.How.HAND}
        self.problem = give_machine(
            self.token, machine={"product": "vm-problem"}, problem="unreachable", access=by_hand
        )
        for machine in (self.word, self.problem):
            for minutes in (1, 2):
                StateChange.objects.create(machine=machine, at=NOW - timedelta(minutes=minutes))

    def say(self, text: str) -> None:
        """Stores the text wherever a stranger's text is stored."""
        name, word, said = clean(text, 200), clean(text, 64), clean(text, 300)
        given = {"name": name, "ipv4": word, "ipv6": word, "listed_status": word}
        Machine.objects.update(**given)
        Status.objects.filter(machine=self.word).update(word=word, version=word)
        told = {"said": said, "said_to": self.token.pk}
        Status.objects.filter(machine=self.problem).update(version=word, reason=word[:32], **told)
        changes = StateChange.objects.order_by("pk")
        changes.filter(machine=self.word).update(word=word)
        changes.filter(machine=self.problem).update(problem="unreadable", **told)
        Token.objects.update(name=name[:80])
        for rows in (TokenProject, Ability, Access):
            rows.objects.update(said=said)

    def see(self, page: str) -> Structure:
        response = self.client.get(page.format(token=self.token.pk))
        assert response.status_code == 200
        return Structure(response.content.decode())


@pytest.fixture
def panel(anna: User, signed_in: Client) -> Panel:
    return Panel(anna, signed_in)


def harmless(hostile: str) -> str:
    """A text that no page could take for anything else, about as long, and unknown as a status word too. A long name
    has its whole in a title."""
    known = hostile if hostile in ("running", "stopped") else ""
    return known or "x" * (10 if len(clean(hostile, 200)) < LONG else 40)


expectations: dict[str, dict[str, Structure]] = {}


@each_string
def test_no_page_changes_its_structure_and_it_is_read_as_it_came(panel: Panel, hostile: str) -> None:
    alike = harmless(hostile)
    if alike not in expectations:
        panel.say(alike)
        expectations[alike] = {page: panel.see(page) for page in PAGES}
    expected = expectations[alike]
    panel.say(hostile)
    pages = {page: panel.see(page) for page in PAGES}
    for page, seen in pages.items():
        assert seen.elements == expected[page].elements, page
        assert seen.odd == expected[page].odd, page
        assert not [link for link in seen.links if not link.startswith(("/", "#", "?"))], page
        assert not [link for link in seen.links if link.startswith("//")], page
    name, word, said = clean(hostile, 200), clean(hostile, 64), clean(hostile, 300)
    assert name in pages["/"].text
    assert word in pages["/"].text.replace("Running", "running")
    assert said in pages["/machines/prj-1/vm-problem/"].text
    assert word in pages["/machines/prj-1/vm-word/"].text
    assert name[:80] in pages["/tokens/"].text


searches: dict[str, Structure] = {}


@each_string
def test_a_search_for_it_shows_it_as_text(panel: Panel, hostile: str) -> None:
    asked = clean(hostile, 200).strip()
    if "x" not in searches:
        searches["x"] = Structure(panel.client.get("/", {"q": "x"}).content.decode())
    expected = searches["x"]
    seen = Structure(panel.client.get("/", {"q": asked}).content.decode())
    assert seen.elements == expected.elements
    assert asked in seen.values
    assert any(asked in unquote(link.replace("+", " ")) for link in seen.links)


forms: dict[str, Structure] = {}


@each_string
def test_typed_into_a_form_it_is_quoted_as_text(panel: Panel, hostile: str) -> None:
    typed = clean(hostile, 60).strip()
    if is_id(typed):
        typed += "!"
    address = f"/tokens/{panel.token.pk}/machines/"

    def answer(machine: str) -> Structure:
        data = {"machine-project": "prj-1", "machine-machine": machine}
        return Structure(panel.client.post(address, data).content.decode())

    if "ü" not in forms:
        forms["ü"] = answer("ü")
    seen, expected = answer(typed), forms["ü"]
    assert seen.elements == expected.elements
    assert typed in seen.text
    assert typed in seen.values
