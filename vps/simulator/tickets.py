"""Console tickets: one machine, one connection, a short life."""

import secrets
from typing import NamedTuple

from vps.simulator.world import Clock

LIFETIME = 45.0  # seconds


class Ticket(NamedTuple):
    project: str
    product: str
    secret: str  # the VNC password, of which VNC uses the first 8 characters
    until: float


class Tickets:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, Ticket] = {}

    def issue(self, project: str, product: str) -> tuple[str, str]:
        """(ticket, secret)."""
        now = self._clock()
        self._open = {name: ticket for name, ticket in self._open.items() if ticket.until > now}
        name, secret = "action_" + secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self._open[name] = Ticket(project, product, secret, now + LIFETIME)
        return name, secret

    def take(self, project: str, product: str, name: str) -> Ticket | None:
        """The ticket, once; None if it is unknown, used, expired or another machine's."""
        ticket = self._open.pop(name, None)
        if ticket is None or ticket.until <= self._clock() or ticket[:2] != (project, product):
            return None
        return ticket
