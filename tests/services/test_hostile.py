"""A provider that says hostile strings over HTTP: they are stored and shown as they came, on either database."""

import json

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tests.hostile import HOSTILE
from tests.page_structure import Structure
from tests.provider.fault_server import Exchange, Fault, FaultServer
from tests.services import board_kit
from vps.provider.secret import Secret
from vps.provider.text import clean
from vps.services.board import View, show_board
from vps.services.collection import Collector
from vps.services.machines import show_machine
from vps.services.tokens import add_token


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
    cards = {card.product: card for card in board_kit.cards(show_board(anna, View(group="none")))}
    assert len(cards) == len(HOSTILE)
    for number, text in enumerate(HOSTILE.values()):
        product, word = f"vm-{number}", clean(text, 64)
        assert cards[product].name == clean(text, 200)
        assert cards[product].word == ("Running" if word == "running" else f"“{word}”")
        assert clean(text, 200) in page.text
        fields = {field.key: field.value for field in show_machine(anna, "prj-1", product).fields}
        assert (fields["status"], fields["version"], fields["ipv6"]) == (word, word, word)
