"""Everything the pretend provider knows: projects, machines, tokens, and who asked what."""

import itertools
import secrets
import time
from collections.abc import Callable
from typing import Any

from vps.simulator.machines import Machine
from vps.simulator.tokens import Token

Clock = Callable[[], float]


class World:
    def __init__(self, *, seed: int | None = None, clock: Clock = time.time) -> None:
        self.clock = clock
        self.seed = secrets.randbits(32) if seed is None else seed
        self.projects: dict[str, dict[str, Machine]] = {}
        self.others: dict[str, list[dict[str, Any]]] = {}  # products that are no machines
        self.tokens: dict[str, Token] = {}
        self._numbers = itertools.count()

    def now(self) -> float:
        return self.clock()

    def add_project(self) -> str:
        project = "prj-" + secrets.token_hex(5)
        self.projects[project] = {}
        self.others[project] = [
            {"uid": "dom_" + secrets.token_hex(4), "type": "domain", "name": "example.com", "details": {}}
        ]
        return project

    def add_machine(self, project: str, name: str, **fields: Any) -> Machine:
        """A running machine, booted some time ago; `fields` are those of Machine."""
        number = sum(len(machines) for machines in self.projects.values())
        fields.setdefault("key", (self.seed << 20) + number * 16)
        fields.setdefault("booted", self.now() - 3600)
        fields.setdefault("ipv4", None)
        fields.setdefault("ipv6", None)
        fields.setdefault("password", secrets.token_urlsafe(9) + "!")
        machine = Machine(project, "vm_" + secrets.token_hex(6), name, **fields)
        self.projects[project][machine.product] = machine
        return machine

    def add_token(self, token: Token) -> Token:
        token.number = next(self._numbers)
        self.tokens[token.token] = token
        return token

    def token(self, secret: str) -> Token | None:
        """The token of this secret, if it is good now."""
        token = self.tokens.get(secret)
        if token is None or (token.expires is not None and self.now() >= token.expires):
            return None
        return token

    def machine(self, project: str, product: str) -> Machine | None:
        machine = self.projects.get(project, {}).get(product)
        return None if machine is None or self._left(machine) else machine

    def product(self, product: str) -> Machine | None:
        """A machine by its product id alone."""
        return next((m for p in self.projects if (m := self.machine(p, product))), None)

    def machines(self, project: str) -> list[Machine]:
        return [machine for machine in self.projects[project].values() if not self._left(machine)]

    def remove(self, product: str) -> bool:
        return any(machines.pop(product, None) for machines in self.projects.values())

    def _left(self, machine: Machine) -> bool:
        return machine.leaves is not None and self.now() >= machine.leaves
