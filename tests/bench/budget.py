"""The provider's rate limit (G6): `python -m tests.bench.budget [--seconds 125]`.

Two collectors want fifteen times what they may, with two tokens: one whose limit the provider tells in its headers,
one about which it says nothing, so that VPS_CALLS_PER_MINUTE holds. Meanwhile a person presses buttons, with each
token almost as many as a tenth allows. On the database that TEST_DATABASE_URL names, or on SQLite.
"""

import argparse
import os
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

Row: TypeAlias = tuple[str, str, str, str, bool]  # goal, what was measured, figure, limit, whether it is met

LIMIT = 120  # calls a minute
MACHINES = 60
SECONDS = 125.0
PRESS_SECONDS = 3.0  # between two presses, with the tokens in turn: ten a minute with each
LEAST_USED = 0.8


def measure(database_url: str, seconds: float = SECONDS) -> list[Row]:
    from vps.simulator.server import Simulator

    with Simulator(machines=MACHINES, calls_per_minute=LIMIT) as provider:
        told, silent = provider.mint(name="told"), provider.mint(name="silent", calls_per_minute=0)
        projects = list(provider.projects)
        half = len(projects) // 2
        with refusals() as refused, collectors(database_url, provider.api, 2):
            person = add_tokens({told.token: projects[:half], silent.token: projects[half:]}, provider.api)
            while provider.calls.count("status") < LIMIT:  # the processes take a moment to start
                time.sleep(0.1)
            began = time.time()
            pressed = list(press(person, seconds))
            passed = time.time() - began
        calls = [receipt for receipt in provider.calls if began <= receipt.at <= began + passed]
    told_at, silent_at = ([call.at for call in calls if call.token == one.number] for one in (told, silent))
    return rows(told_at, silent_at, len(refused), pressed, passed)


def rows(
    told: list[float], silent: list[float], refused: int, pressed: list[str], passed: float
) -> list[Row]:
    allowed = LIMIT * passed / 60
    most = max(sum(first <= at < first + 60 for at in silent) for first in silent)
    failed = [reason for reason in pressed if reason.startswith("rate_limited")]
    shares = {"told by headers": len(told) / allowed, "as set": len(silent) / allowed}
    return [
        ("G6", "calls refused (429), limit told by headers", f"{refused} of {len(told)}", "0", not refused),
        ("G6", "most calls in any minute, limit as set", str(most), f"≤ {LIMIT}", most <= LIMIT),
        ("G6", "people's calls refused (429) meanwhile", f"{len(failed)} of {len(pressed)}", "0", not failed),
        *(share(how, used) for how, used in shares.items()),
    ]


def share(how: str, used: float) -> Row:
    what, least = f"share of the limit that was used, {how}", LEAST_USED
    return "G6", what, percent(used), f"≥ {percent(least)}", used >= least


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


@contextmanager
def refusals() -> Iterator[list[float]]:
    """The moments at which the provider found a token's allowance used up."""
    from vps.simulator.tokens import Token

    refused: list[float] = []
    real = Token.take

    def take(self: Token, now: float) -> bool:
        allowed = real(self, now)
        if not allowed:
            refused.append(now)
        return allowed

    Token.take = take  # type: ignore[method-assign]
    try:
        yield refused
    finally:
        Token.take = real  # type: ignore[method-assign]


@contextmanager
def collectors(database_url: str, api: str, number: int) -> Iterator[None]:
    from tests.bench.collector_round import collector
    from tests.e2e.database import environment

    pace = {"VPS_INTERVAL": "1", "VPS_IDLE_INTERVAL": "1", "VPS_CALLS_PER_MINUTE": str(LIMIT)}
    with ExitStack() as running:
        for _number in range(number):
            running.enter_context(collector({**environment(database_url), "VPS_API_URL": api, **pace}))
        yield


def add_tokens(wanted: Mapping[str, list[str]], api: str) -> Any:
    """Saves them for a person, who is returned."""
    from django.conf import settings
    from django.contrib.auth.models import User

    from vps.provider.secret import Secret
    from vps.services.tokens import add_token

    settings.VPS_API_URL, settings.VPS_CALLS_PER_MINUTE = api, LIMIT
    person = User.objects.create_user("bench")
    for number, (secret, projects) in enumerate(wanted.items()):
        assert add_token(person, name=f"Token {number}", secret=Secret(secret), projects=projects).saved
    return person


def press(person: Any, seconds: float) -> Iterator[str]:
    """Reboots running machines, with the tokens in turn; why each press failed, "" where it did not."""
    from vps.models import Machine, PowerAction, Token
    from vps.services.power import press_button

    until, done = time.monotonic() + seconds, set[int]()
    tokens = list(Token.objects.values_list("pk", flat=True))
    wait = threading.Event()
    while time.monotonic() < until:
        for token in tokens:
            running = Machine.objects.filter(accesses__token=token, status__word="running").exclude(
                pk__in=done
            )
            if machine := running.first():
                done.add(machine.pk)
                command, nonce = PowerAction.Command.REBOOT, secrets.token_urlsafe(16)
                yield press_button(person, machine.project, machine.product, command, nonce).action.reason
            wait.wait(PRESS_SECONDS)


def main(seconds: float) -> bool:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from tests.bench.collector_round import use_database
    from tests.e2e.database import migrated_database

    with tempfile.TemporaryDirectory() as folder, migrated_database(Path(folder)) as url:
        use_database(url)
        found = measure(url, seconds)
        from django.db import connections

        connections.close_all()
    sys.stdout.write(f"{LIMIT} calls a minute, {seconds:.0f} s, on {url.partition(':')[0]}\n")
    for goal, what, figure, limit, ok in found:
        sys.stdout.write(f"{goal:4}{what:55}{figure:>12}{limit:>9}  {'met' if ok else 'missed'}\n")
    return all(row[-1] for row in found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.budget", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    sys.exit(not main(parser.parse_args().seconds))
