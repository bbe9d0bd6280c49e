"""1000 machines each 10 s and several collectors: calls (G3) without viewers and with 200, and leases (G10) with four
collectors, one of which is killed."""

import signal
import time
from contextlib import ExitStack
from datetime import timedelta
from importlib import import_module
from typing import Any

import requests

from tests.bench import collector_round as bench
from tests.bench.rows import Row, at_most
from tests.soak.ledger import Asked, Rounds

MACHINES, VIEWERS = 1000, 200
SECONDS = 30.0
FAIL_OVER = 2.0  # rounds


def measure(database_url: str) -> list[Row]:
    from tests.e2e.database import environment

    many: Any = import_module("tests.bench.collectors")
    paces = dict.fromkeys(("VPS_INTERVAL", "VPS_IDLE_INTERVAL"), str(bench.INTERVAL))
    with ExitStack() as stack:
        told = stack.enter_context(bench.provider(MACHINES))
        bench.add_token(told)
        named = {
            **environment(database_url),
            **paces,
            "VPS_API_URL": told["api"],
            "VPS_CALLS_PER_MINUTE": "1000000",
        }
        running = [many.start(stack, named) for _each in range(2)]
        bench.wait_until_heard(MACHINES)
        time.sleep(1.5 * bench.INTERVAL)
        rows = count_calls(many, told)
        running += [many.start(stack, named) for _each in range(2)]
        time.sleep(2 * bench.INTERVAL)
        return [*rows, *watch_leases(many, told, running)]


def count_calls(many: Any, told: dict[str, Any]) -> list[Row]:
    from django.contrib.auth.models import User

    from vps.models import Machine

    machines = list(Machine.objects.values_list("pk", flat=True))
    people = [User.objects.create_user(f"viewer-{number}") for number in range(VIEWERS)]
    found = []
    for viewers, words in (([], "2 collectors"), (people, f"2 collectors and {VIEWERS} viewers")):
        calls = many.count_calls(told, SECONDS, viewers, machines) * bench.INTERVAL / MACHINES
        found.append(at_most("G3", f"calls per machine and interval, {words}", calls, bench.MOST_CALLS, ""))
    return found


def watch_leases(many: Any, told: dict[str, Any], running: list[Any]) -> list[Row]:
    from django.utils import timezone

    rounds, last = Rounds(bench.INTERVAL), newest(told)
    time.sleep(SECONDS)
    rounds.note(asked(told, last))
    since = timezone.now()
    running[0].send_signal(signal.SIGKILL)
    time.sleep(SECONDS)
    late = max(many.gaps(since - timedelta(seconds=bench.INTERVAL), bench.INTERVAL)) / bench.INTERVAL
    return [
        at_most("G10", "machines asked twice in an interval, 4 collectors", rounds.doubled, 0, ""),
        at_most("G10", "rounds that a machine missed when a collector was killed", late, FAIL_OVER, ""),
    ]


def newest(told: dict[str, Any]) -> int:
    answer = requests.get(f"{told['control']}/calls", {"kind": "status", "after": str(10**12)}, timeout=30)
    return int(answer.json()["last"])


def asked(told: dict[str, Any], after: int) -> list[Asked]:
    """The status calls that the provider has received since."""
    answer = requests.get(f"{told['control']}/calls", {"kind": "status", "after": str(after)}, timeout=30)
    return [Asked(call["at"], call["product"], call["token"]) for call in answer.json()["calls"]]
