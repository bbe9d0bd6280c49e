"""Hostile strings show as text everywhere, and change nothing of a page's structure."""

import json
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.hostile import HOSTILE
from tests.page_structure import Structure
from tests.provider.fault_server import Exchange, Fault, FaultServer
from tests.rows import give_machine, give_token
from vps.models import Ability, Access, Machine, StateChange, Status, Token, TokenProject
from vps.provider.addresses import is_id
from vps.provider.secret import Secret
from vps.provider.text import clean
from vps.services.board import View, show_board
from vps.services.collection import Collector
from vps.services.machines import show_machine
from vps.services.tokens import add_token

NOW = timezone.now()
each_string = pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
PAGES = (
    "/",
    "/?view=table",
    "/?group=token",
    "/?group=none&show=problems",
    "/cards/?since=0-0-0",
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
    """A text that no page could take for anything else, just as long, and unknown as a status word too."""
    known = hostile if hostile in ("running", "stopped") else ""
    return known or "x" * len(clean(hostile, 300))


@each_string
def test_no_page_changes_its_structure(panel: Panel, hostile: str) -> None:
    panel.say(harmless(hostile))
    expected = {page: panel.see(page) for page in PAGES}
    panel.say(hostile)
    for page in PAGES:
        seen = panel.see(page)
        assert seen.elements == expected[page].elements, page
        assert seen.odd == expected[page].odd, page
        assert not [link for link in seen.links if not link.startswith(("/", "#", "?"))], page
        assert not [link for link in seen.links if link.startswith("//")], page


@each_string
def test_it_is_read_as_it_came(panel: Panel, hostile: str) -> None:
    panel.say(hostile)
    name, word, said = clean(hostile, 200), clean(hostile, 64), clean(hostile, 300)
    board, machine = panel.see("/"), panel.see("/machines/prj-1/vm-word/")
    assert name in board.text
    assert word in board.text.replace("Running", "running")
    assert said in panel.see("/machines/prj-1/vm-problem/").text
    assert word in machine.text
    assert name[:80] in panel.see("/tokens/").text


@each_string
def test_a_search_for_it_shows_it_as_text(panel: Panel, hostile: str) -> None:
    asked = clean(hostile, 200).strip()
    expected = Structure(panel.client.get("/", {"q": "x" * len(asked)}).content.decode())
    seen = Structure(panel.client.get("/", {"q": asked}).content.decode())
    assert seen.elements == expected.elements
    assert asked in seen.values
    assert any(asked in unquote(link.replace("+", " ")) for link in seen.links)


@each_string
def test_typed_into_a_form_it_is_quoted_as_text(panel: Panel, hostile: str) -> None:
    typed = clean(hostile, 60).strip()
    if is_id(typed):
        typed += "!"
    address = f"/tokens/{panel.token.pk}/machines/"

    def answer(machine: str) -> Structure:
        data = {"machine-project": "prj-1", "machine-machine": machine}
        return Structure(panel.client.post(address, data).content.decode())

    seen, expected = answer(typed), answer("ü" * len(typed))
    assert seen.elements == expected.elements
    assert typed in seen.text
    assert typed in seen.values


# Through the provider, over HTTP -----------------------------------------------------------------------


def say_everything(exchange: Exchange) -> None:
    """A listing in which each string is a machine, each of which says it as its status word."""
    said = list(HOSTILE.values())
    if exchange.path.endswith("/vps/status"):
        number = int(exchange.path.split("/")[-3].removeprefix("vm-"))
        qemu = {"agent": True, "version": said[number]}
        exchange.answer_json({**exchange.documented(), "status": said[number], "qemu": qemu})
    else:
        entries = [
            {
                "uid": f"vm-{n}",
                "type": "vps",
                "name": text,
                "details": {"ipv4": text, "ipv6": text, "status": text},
            }
            for n, text in enumerate(said)
        ]
        exchange.answer(json.dumps(entries).encode())


@pytest.mark.django_db(transaction=True)
def test_a_provider_that_says_them_all_hides_no_machine(anna: User, settings: Settings) -> None:
    with FaultServer(Fault("hostile", say_everything, None, None)) as server:
        settings.VPS_API_URL, settings.VPS_CALLS_PER_MINUTE = server.url, 100_000
        assert add_token(anna, name="Mine", secret=Secret("key_abcdefgh"), projects=["prj-1"]).saved
        Collector().run_once()
    client = Client()
    client.force_login(anna)
    page = Structure(client.get("/?group=none").content.decode())
    cards = {
        card.product: card for group in show_board(anna, View(group="none")).groups for card in group.cards
    }
    assert len(cards) == len(HOSTILE)
    for number, text in enumerate(HOSTILE.values()):
        product, word = f"vm-{number}", clean(text, 64)
        assert cards[product].name == clean(text, 200)
        assert cards[product].word == ("Running" if word == "running" else f"“{word}”")
        assert clean(text, 200) in page.text
        fields = {field.key: field.value for field in show_machine(anna, "prj-1", product).fields}
        assert (fields["status"], fields["version"], fields["ipv6"]) == (word, word, word)
