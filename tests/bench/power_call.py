"""What the panel adds to a power call: `python -m tests.bench.power_call [--presses 60]`.

A simulator of its own takes 100 ms for each power call, as providers do. The same call is made directly by the client,
pressed in process, and clicked over HTTP at a real web server, in turn, each time on another machine; on SQLite and,
where TEST_DATABASE_URL names a server, on PostgreSQL. Goal: a press adds at most 15 ms, and takes at most 1.3 times as
long as the direct call.
"""

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import requests

from tests.bench.rows import Row, at_most

ROOT = Path(__file__).parent.parent.parent
LATENCY = 0.1
MOST_ADDED, MOST_RATIO = 0.015, 1.3
WARM = 10  # presses before the first that counts
WAYS = ("direct", "pressed", "clicked")


class Figures(NamedTuple):
    """Medians in seconds; `queries`: of one press."""

    database: str
    direct: float
    pressed: float
    clicked: float
    queries: int


@contextmanager
def provider(machines: int) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "vps.simulator", "--calls-per-minute", "0", "--machines", str(machines)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        told: dict[str, Any] = json.loads(process.stdout.readline())
        slow = {"fault": "latency", "seconds": LATENCY, "kind": "control"}
        requests.post(f"{told['control']}/faults", json=slow, timeout=10).raise_for_status()
        for product in requests.get(f"{told['control']}/machines", timeout=10).json():
            running = {"status": "running"}
            requests.post(f"{told['control']}/machines/{product}", json=running, timeout=10)
        try:
            yield told
        finally:
            process.terminate()


@contextmanager
def web(database: str, api: str, folder: Path) -> Iterator[str]:
    """A web server as the product starts it; its address."""
    from tests.commands.processes import free_port
    from tests.e2e.database import environment
    from vps.management.commands.serve import web_command

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    variables = {**environment(database), "VPS_API_URL": api, "PUBLIC_URL": url}
    with (
        (folder / "web.log").open("wb") as log,
        subprocess.Popen(
            web_command(f"127.0.0.1:{port}", 1), cwd=ROOT, env=variables, stdout=log, stderr=log
        ) as process,
    ):
        try:
            wait_for(f"{url}/accounts/login/")
            yield url
        finally:
            process.terminate()


def wait_for(url: str) -> None:
    for _try in range(300):
        try:
            requests.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{url} does not answer")


def browser(person: Any) -> requests.Session:
    """A session that is signed in, and keeps its connection as a browser does."""
    from django.test import Client

    client, session = Client(), requests.Session()
    client.force_login(person)
    session.cookies.update(
        {"sessionid": client.cookies["sessionid"].value, "csrftoken": secrets.token_hex(16)}
    )
    return session


def ways(told: dict[str, Any], url: str, person: Any) -> dict[str, Callable[[str, str], bool]]:
    """Each way to reboot a machine: whether it went well."""
    from vps.models import PowerAction
    from vps.provider.client import Client
    from vps.provider.secret import Secret
    from vps.services.power import press_button

    client = Client(told["api"], Secret(told["tokens"][0]["token"]))
    session = browser(person)

    def direct(project: str, product: str) -> bool:
        return bool(client.control(project, product, "reboot").uid)

    def pressed(project: str, product: str) -> bool:
        nonce = secrets.token_urlsafe(16)
        command = PowerAction.Command.REBOOT
        return press_button(person, project, product, command, nonce).action.state == "succeeded"

    def clicked(project: str, product: str) -> bool:
        fields = {"nonce": secrets.token_urlsafe(16), "place": "cards"}
        fields["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
        address = f"{url}/machines/{project}/{product}/reboot/"
        answer = session.post(address, data=fields, headers={"HX-Request": "true"}, timeout=30)
        return answer.status_code == 200 and product in answer.text

    return {"direct": direct, "pressed": pressed, "clicked": clicked}


def press_in_turn(database: str, presses: int, folder: Path) -> Figures:
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.bench.collector_round import add_token
    from vps.models import PowerAction

    with provider(len(WAYS) * (presses + WARM) + 1) as told, web(database, told["api"], folder) as url:
        add_token(told)
        machines = [(project, one) for project, products in told["projects"].items() for one in products]
        deeds = ways(told, url, User.objects.get())
        times: dict[str, list[float]] = {way: [] for way in WAYS}
        for _turn in range(presses + WARM):
            for way in WAYS:
                machine = machines.pop()
                began = time.perf_counter()
                assert deeds[way](*machine), f"{machine} was not rebooted"
                times[way].append(time.perf_counter() - began)
        with CaptureQueriesContext(connection) as asked:
            deeds["pressed"](*machines.pop())
        assert set(PowerAction.objects.values_list("state", flat=True)) == {"succeeded"}
    direct, pressed, clicked = (statistics.median(times[way][WARM:]) for way in WAYS)
    return Figures(database.partition(":")[0], direct, pressed, clicked, len(asked))


def measure(database_url: str) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        f = press_in_turn(database_url, 40, Path(folder))
    took = f"{ms(f.clicked)} against {ms(f.direct)}"
    return [
        at_most(
            "G14",
            "a press adds to the same call, over HTTP",
            1000 * (f.clicked - f.direct),
            1000 * MOST_ADDED,
            "ms",
        ),
        at_most(
            "G14", "a press over HTTP, against the same call", f.clicked / f.direct, MOST_RATIO, note=took
        ),
    ]


def one(presses: int) -> None:
    """Measures on the database that TEST_DATABASE_URL names, or on SQLite, and prints the figures as JSON."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from tests.bench.collector_round import use_database
    from tests.e2e.database import migrated_database

    with tempfile.TemporaryDirectory() as folder, migrated_database(Path(folder)) as url:
        use_database(url)
        figures = press_in_turn(url, presses, Path(folder))
        from django.db import connections

        connections.close_all()
    sys.stdout.write(json.dumps(figures) + "\n")


def both(presses: int) -> bool:
    sys.stdout.write(f"{presses} reboots in each way, {LATENCY * 1000:.0f} ms for each answer, medians\n")
    head = ("database", *WAYS, "added", "ratio", "web added", "web ratio", "queries", "verdict")
    sys.stdout.write("".join(f"{word:>11}" for word in head) + "\n")
    good = True
    for server in dict.fromkeys(["", os.environ.get("TEST_DATABASE_URL", "")]):
        command = [sys.executable, "-m", "tests.bench.power_call", "--one", "--presses", str(presses)]
        variables = {**os.environ, "TEST_DATABASE_URL": server}
        done = subprocess.run(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True, check=True)
        f = Figures(*json.loads(done.stdout.splitlines()[-1]))
        met = f.clicked - f.direct <= MOST_ADDED and f.clicked <= MOST_RATIO * f.direct
        good = good and met
        row = [f.database, *(ms(seconds) for seconds in (f.direct, f.pressed, f.clicked))]
        row += [ms(f.pressed - f.direct), f"{f.pressed / f.direct:.2f}"]
        row += [ms(f.clicked - f.direct), f"{f.clicked / f.direct:.2f}"]
        row += [str(f.queries), "met" if met else "missed"]
        sys.stdout.write("".join(f"{word:>11}" for word in row) + "\n")
    return good


def ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.power_call", description=__doc__)
    parser.add_argument("--presses", type=int, default=60)
    parser.add_argument("--one", action="store_true", help="on one database, with the figures as JSON")
    options = parser.parse_args()
    if options.one:
        one(options.presses)
    else:
        sys.exit(not both(options.presses))
