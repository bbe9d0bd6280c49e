"""One person with a token and machines of their own, so that tests share a panel and a provider without meeting."""

import itertools
import secrets
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page

from tests.e2e.panel import Panel
from vps.simulator.server import Simulator
from vps.simulator.tokens import Token

NAMES = ("anna", "ben", "cleo", "dina", "emil", "fay", "gus", "hana")
numbers = itertools.count()


@dataclass
class Fleet:
    """`machines` maps the name of each machine to its id at the provider."""

    panel: Panel
    provider: Simulator
    person: str = ""
    project: str = ""
    machines: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.person = f"{NAMES[next(numbers) % len(NAMES)]}-{secrets.token_hex(3)}"
        self.user = self.panel.person(self.person)
        self.cookie = self.panel.session(self.user)
        self.project = self.provider.world.add_project()
        self.token = self.mint()

    def mint(self, **rights: Any) -> Token:
        return self.provider.mint([self.project], name=self.person, calls_per_minute=0, **rights)

    def add(self, *names: str, **state: Any) -> str:
        """Machines at the provider, running and idle unless `state` says; returns the id of the last."""
        for name in names:
            machine = self.provider.add_machine(self.project, name=name)
            self.machines[name] = machine.product
            self.provider.set(
                machine.product,
                **{"cpu": 10.0, "memory_used": machine.memory_total // 2, "disk": 10**9, **state},
            )
        return self.machines[names[-1]]

    def set(self, name: str, /, **state: Any) -> None:
        self.provider.set(self.machines[name], **state)

    def save_token(self, name: str = "Mine", token: str = "", hand: str = "") -> str:
        """Adds the token as the form does; returns the address of its page."""
        fields = {
            "name": name,
            "token": token or self.token.token,
            "projects": self.project,
            "machines": hand,
        }
        answer = self.panel.post("/tokens/add/", self.cookie, fields)
        assert answer.status_code == 303, answer.text
        return f"{self.panel.url}{answer.headers['Location']}"

    def check_token(self, address: str) -> None:
        """As the button “Check now” does: the project is listed anew."""
        path = address.removeprefix(self.panel.url)
        assert self.panel.post(f"{path}check/", self.cookie, {}).status_code == 303

    def enter(self, context: BrowserContext, path: str = "/") -> Page:
        """A page of this person's, signed in."""
        self.panel.let_in(context, self.cookie)
        page = context.new_page()
        page.goto(f"{self.panel.url}{path}")
        return page

    def machine_path(self, name: str) -> str:
        return f"/machines/{self.project}/{self.machines[name]}/"


def card(page: Page, name: str) -> Locator:
    """The machine's card, or its row in the table."""
    return page.locator(".card, .vm").filter(has=page.get_by_role("link", name=name, exact=True))


def say_state(page: Page, name: str) -> Locator:
    return card(page, name).locator(".state")
