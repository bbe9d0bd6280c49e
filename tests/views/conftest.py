"""What the views' tests share: rows and a provider as the services' tests have them, and clients of three people."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from tests.rows import give_machine, give_token
from tests.services.conftest import add_token, ben, simulator
from tests.views.keypad_kit import ON_TIME
from vps.models import Machine

Open = Callable[..., BrowserContext]

__all__ = ["add_token", "ben", "simulator"]


@pytest.fixture
def anonymous() -> Client:
    return Client()


@pytest.fixture
def stranger(ben: User) -> Client:
    """Ben is signed in, and nothing of Anna's is shared with him."""
    client = Client()
    client.force_login(ben)
    return client


@pytest.fixture
def machines(anna: User) -> list[Machine]:
    """Which stay on time however slow this machine is: no collector asks them."""
    token = give_token(anna, name="laptop")
    names = ["cache-01", "db-01", "web-01"]
    return [
        give_machine(
            token,
            machine={"name": name, "ipv4": f"203.0.113.{n}", "ipv6": f"2001:db8::{n}/64"},
            **ON_TIME,
        )
        for n, name in enumerate(names, 1)
    ]


@pytest.fixture
def opened(new_context: Open, live_server: LiveServer, anna: User) -> Callable[..., Page]:
    """Opens an address of ours in a profile of Anna's."""

    def at(address: str = "/", *, theme: str = "", **options: object) -> Page:
        client = Client()
        client.force_login(anna)
        context = new_context(base_url=live_server.url, **options)
        cookies = {"sessionid": client.cookies["sessionid"].value} | ({"theme": theme} if theme else {})
        context.add_cookies(
            [{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()]
        )
        page = context.new_page()
        page.goto(address)
        return page

    return at


@pytest.fixture
def pair(anna: User) -> tuple[Machine, Machine]:
    """One that runs and one that is stopped."""
    token = give_token(anna)
    runs = give_machine(token, machine={"name": "web-01", "ipv4": "203.0.113.3"}, **ON_TIME)
    return runs, give_machine(token, machine={"name": "web-02"}, word="stopped", **ON_TIME)
