"""What the tests of tokens share."""

import threading
from collections.abc import Callable

from django.contrib.auth.models import User

from vps.access import visible_machines
from vps.provider.secret import Secret
from vps.services import tokens
from vps.simulator.server import Simulator


def add(user: User, secret: str, projects: list[str], *hands: tuple[str, str]) -> tokens.Outcome:
    return tokens.add_token(user, name="Mine", secret=Secret(secret), projects=projects, hands=hands)


def on_board(user: User) -> set[str]:
    return set(visible_machines(user).values_list("product", flat=True))


def products(simulator: Simulator, *projects: str) -> set[str]:
    return {product for project in projects for product in simulator.projects[project]}


def by_hand(simulator: Simulator) -> str:
    """A token whose listing the provider refuses."""
    return next(token.token for token in simulator.tokens if not token.listing)


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = threading.Event()
    for _turn in range(int(seconds / 0.01)):
        if condition():
            return
        deadline.wait(0.01)
    raise AssertionError("it did not come about in time")
