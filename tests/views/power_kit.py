"""What the tests of the power buttons share: a stopped machine, a provider that starts it, and a press of Start."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from tests.provider.fault_server import FaultServer
from tests.rows import give_machine, give_token
from vps.models import Machine, Token

PAGE = "/machines/prj-1/vm-1/"
START, FORCE = f"{PAGE}start/", f"{PAGE}force-stop/"
ADDRESSES = [START, f"{PAGE}shutdown/", f"{PAGE}reboot/", FORCE]
HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna, name="laptop")


@pytest.fixture
def web(token: Token) -> Machine:
    return give_machine(token, machine={"name": "web-01", "product": "vm-1"}, word="stopped", booted_at=None)


@pytest.fixture
def provider(settings: Settings) -> Iterator[FaultServer]:
    with FaultServer() as server:
        settings.VPS_API_URL = server.url
        yield server


def press(client: Client, address: str = START, nonce: str = "n-1", **more: Any) -> HttpResponse:
    fields = {"nonce": nonce, "sure": "on", **more.pop("fields", {})}
    return client.post(address, fields, **more)  # type: ignore[return-value]


def words(answer: Any) -> str:
    """The answer's text."""
    text = re.sub(r"<[^>]+>", " ", re.sub(r"</?(strong|time)[^>]*>", "", answer.content.decode()))
    return " ".join(html.unescape(text).split())


def nonce_of(answer: Any) -> str:
    (found,) = re.findall(r'name="nonce"(?: id="nonce")? value="([\w-]{16})"', answer.content.decode())
    return str(found)
