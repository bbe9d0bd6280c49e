"""A thousand machines in rounds of 10 s: `python -m tests.bench.collector_round [--machines 1000] [--seconds 30]`.

A real collector asks a simulator of its own that takes 50 ms for each answer, on SQLite and, where
TEST_DATABASE_URL names a server, on PostgreSQL. Goals: every machine is asked once in each interval, and all of
them for the first time within 10 s.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import requests

from tests.bench.rows import Row, at_most

ROOT = Path(__file__).parent.parent.parent
INTERVAL = 10.0
MOST_CALLS = 1.02  # the second is cut off somewhere between two calls
LATENCY = 0.05


class Figures(NamedTuple):
    database: str
    first: float  # seconds until every machine was heard of
    calls: float  # status calls per machine in 30 s
    lag: float  # seconds, p99: by how much two checks of a machine were more than an interval apart
    cpu: float  # CPU seconds of the collector per 1000 calls
    changed: float  # share of the cards that changed in a round
    problems: int  # machines whose last check told nothing


@contextmanager
def provider(machines: int, latency: float = LATENCY) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "vps.simulator", "--calls-per-minute", "0", "--machines", str(machines)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        told: dict[str, Any] = json.loads(process.stdout.readline())
        slow = {"fault": "latency", "seconds": latency, "kind": "status"}
        requests.post(f"{told['control']}/faults", json=slow, timeout=10).raise_for_status()
        try:
            yield told
        finally:
            process.terminate()


@contextmanager
def collector(environment: dict[str, str]) -> Iterator[int]:
    """Its process id, while it runs."""
    command = [sys.executable, "manage.py", "collect"]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def status_calls(told: dict[str, Any]) -> int:
    answer = requests.get(f"{told['control']}/calls", {"kind": "status", "after": str(10**12)}, timeout=10)
    return int(answer.json()["count"])


def use_database(url: str) -> None:
    """Makes it this process's own."""
    import django
    from django.db import connections

    from dashboard.database import from_url
    from dashboard.env import Environment

    django.setup()
    connections.databases["default"].update(from_url(Environment({"DATABASE_URL": url}), "DATABASE_URL", ""))


def add_token(told: dict[str, Any]) -> None:
    from django.conf import settings
    from django.contrib.auth.models import User

    from vps.provider.secret import Secret
    from vps.services.tokens import add_token

    settings.VPS_API_URL = told["api"]
    owner = User.objects.create_user("bench")
    secret = Secret(told["tokens"][0]["token"])
    assert add_token(owner, name="bench", secret=secret, projects=list(told["projects"])).saved


def heard() -> int:
    from vps.models import Status

    return Status.objects.filter(heard_at__isnull=False).count()


def changed_since(revision: int) -> tuple[int, int]:
    """How many cards changed since, and the newest revision."""
    from vps.models import Revision, Status

    newest = Revision.objects.get(id=1).value
    return Status.objects.filter(revision__gt=revision).count(), newest


def lags() -> list[float]:
    from vps.models import Sample

    rows = Sample.objects.order_by("machine", "time").values_list("machine", "time")
    found = []
    for _machine, group in groupby(rows, key=lambda row: row[0]):
        # the first gap is shorter: it leads to the machine's own moment within the interval
        moments = [moment for _machine, moment in group][1:]
        found += [abs((b - a) - timedelta(seconds=INTERVAL)).total_seconds() for a, b in pairwise(moments)]
    return found


def wait_until_heard(machines: int) -> float:
    began = time.monotonic()
    while heard() < machines:
        assert time.monotonic() - began < 120, f"only {heard()} of {machines} machines were heard of"
        time.sleep(0.05)
    return time.monotonic() - began


def watch_rounds(url: str, machines: int, seconds: float) -> Figures:
    from tests.e2e.database import environment
    from vps.models import Status

    rounds = round(seconds / INTERVAL)
    with provider(machines) as told:
        add_token(told)
        named = {
            "VPS_API_URL": told["api"],
            "VPS_INTERVAL": str(INTERVAL),
            "VPS_IDLE_INTERVAL": str(INTERVAL),
            "VPS_CALLS_PER_MINUTE": "1000000",
        }
        with collector({**environment(url), **named}) as pid:
            first = wait_until_heard(machines)
            time.sleep(INTERVAL)
            calls, cpu, shares = status_calls(told), cpu_seconds(pid), []
            _n, revision = changed_since(0)
            began = time.monotonic()
            for number in range(1, rounds + 1):
                time.sleep(max(0.0, began + number * INTERVAL - time.monotonic()))
                n, revision = changed_since(revision)
                shares.append(n / machines)
            made, spent = status_calls(told) - calls, cpu_seconds(pid) - cpu
            passed = time.monotonic() - began
        problems = Status.objects.exclude(problem="").count()
    return Figures(
        database=url.partition(":")[0],
        first=first,
        calls=made / machines * 30 / passed,
        lag=statistics.quantiles(lags(), n=100)[98],
        cpu=1000 * spent / made,
        changed=statistics.mean(shares),
        problems=problems,
    )


def measure(database_url: str) -> list[Row]:
    f = watch_rounds(database_url, 1000, 30.0)
    calls, note = f.calls * INTERVAL / 30, f"{100 * f.changed:.0f} % of the cards changed in a round"
    return [
        at_most("G3", "status calls per machine and interval", calls, MOST_CALLS, "", note=note),
        at_most("", "1000 machines: p99 of how much two checks are off their interval", f.lag, INTERVAL, "s"),
        at_most("", "1000 machines: all are heard for the first time after", f.first, INTERVAL, "s"),
        at_most("", "1000 machines: those whose last check told nothing", f.problems, 0, ""),
    ]


def one(machines: int, seconds: float) -> None:
    """Measures on the database that TEST_DATABASE_URL names, or on SQLite, and prints the figures as JSON."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from tests.e2e.database import migrated_database

    with tempfile.TemporaryDirectory() as folder, migrated_database(Path(folder)) as url:
        use_database(url)
        figures = watch_rounds(url, machines, seconds)
        from django.db import connections

        connections.close_all()
    sys.stdout.write(json.dumps(figures) + "\n")


def both(machines: int, seconds: float) -> bool:
    sys.stdout.write(f"{machines} machines, {LATENCY * 1000:.0f} ms for each answer, {seconds:.0f} s\n")
    head = ("database", "all heard", "calls/30 s", "lag p99", "CPU/1000", "changed", "problems", "verdict")
    sys.stdout.write("".join(f"{word:>12}" for word in head) + "\n")
    good = True
    for server in dict.fromkeys(["", os.environ.get("TEST_DATABASE_URL", "")]):
        command = [sys.executable, "-m", "tests.bench.collector_round", "--one"]
        command += ["--machines", str(machines), "--seconds", str(seconds)]
        variables = {**os.environ, "TEST_DATABASE_URL": server}
        done = subprocess.run(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True, check=True)
        f = Figures(*json.loads(done.stdout.splitlines()[-1]))
        met = f.first <= INTERVAL and 2.95 <= f.calls <= 3.05 and not f.problems
        good = good and met
        row = [f.database, f"{f.first:.1f} s", f"{f.calls:.2f}", f"{f.lag:.2f} s", f"{f.cpu:.2f} s"]
        row += [f"{100 * f.changed:.0f} %", str(f.problems), "met" if met else "missed"]
        sys.stdout.write("".join(f"{word:>12}" for word in row) + "\n")
    return good


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.collector_round", description=__doc__)
    parser.add_argument("--machines", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--one", action="store_true", help="on one database, with the figures as JSON")
    options = parser.parse_args()
    if options.one:
        one(options.machines, options.seconds)
    else:
        sys.exit(not both(options.machines, options.seconds))
