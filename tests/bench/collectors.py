"""Several collectors on one fleet: `python -m tests.bench.collectors [--machines 1000] [--collectors 2] …`.

Real collectors ask a simulator of its own that takes 50 ms for each answer, on the database of TEST_DATABASE_URL or on
SQLite. After a first round it counts `--seconds` long; with `--viewers` so many people look at every machine in the
second half; with `--kill` one collector is killed in the end, and the gap that this leaves in the checks is measured.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from tests.bench import collector_round as bench


def start(stack: ExitStack, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "manage.py", "collect"]
    process = stack.enter_context(subprocess.Popen(command, cwd=bench.ROOT, env=environment))
    stack.callback(process.terminate)
    return process


def look(viewers: list[Any], machines: list[int]) -> None:
    """As their pages do twice a minute."""
    from vps.services.interest import note_interest

    for viewer in viewers:
        note_interest(viewer, "bench", lambda: machines)


def count_calls(told: dict[str, Any], seconds: float, viewers: list[Any], machines: list[int]) -> float:
    """Status calls a second."""
    before, began = bench.status_calls(told), time.monotonic()
    while time.monotonic() - began < seconds:
        look(viewers, machines)
        time.sleep(min(1.0, max(0.0, began + seconds - time.monotonic())))
    return (bench.status_calls(told) - before) / (time.monotonic() - began)


def gaps(since: Any, interval: float) -> list[float]:
    """Seconds by which two checks of a machine were more or less than an interval apart."""
    from vps.models import Sample
    from vps.models.sample import RAW

    rows = (
        Sample.objects.filter(tier=RAW, time__gt=since)
        .order_by("machine", "time")
        .values_list("machine", "time")
    )
    found: list[float] = []
    for _machine, group in groupby(rows.iterator(), key=lambda row: row[0]):
        moments = [moment for _machine, moment in group]
        found += [(b - a - timedelta(seconds=interval)).total_seconds() for a, b in pairwise(moments)]
    return found


def shares() -> list[int]:
    from django.db.models import Count

    from vps.models import Collector

    return list(Collector.objects.annotate(n=Count("leases")).values_list("n", flat=True))


def say(what: str, figure: str) -> None:
    sys.stdout.write(f"{what:<60} {figure:>14}\n")
    sys.stdout.flush()


def measure(options: argparse.Namespace, url: str) -> None:
    from django.contrib.auth.models import User
    from django.db.models import Avg, Max, Min
    from django.utils import timezone

    from tests.e2e.database import environment
    from vps.models import Lease, Machine, Status

    with ExitStack() as stack:
        told = stack.enter_context(bench.provider(options.machines))
        bench.add_token(told)
        paces = {"VPS_INTERVAL": str(min(10.0, options.interval)), "VPS_IDLE_INTERVAL": str(options.interval)}
        named = {"VPS_API_URL": told["api"], "VPS_CALLS_PER_MINUTE": "1000000", **paces}
        running = [start(stack, environment(url) | named) for _ in range(options.collectors)]
        say("seconds until every machine was heard of", f"{bench.wait_until_heard(options.machines):.1f}")
        time.sleep(options.interval + 5)
        say("machines held", " ".join(map(str, shares())))
        rate, since = options.machines / options.interval, timezone.now()
        cpu = sum(bench.cpu_seconds(process.pid) for process in running)
        calls = count_calls(told, options.seconds, [], [])
        spent = sum(bench.cpu_seconds(process.pid) for process in running) - cpu
        say("calls per machine and round", f"{calls / rate:.3f}")
        lags = sorted(abs(gap) for gap in gaps(since - timedelta(seconds=options.interval), options.interval))
        say(
            "lag between checks, p50 / p99 / max, seconds",
            " ".join(
                f"{figure:.2f}" for figure in (statistics.median(lags), lags[len(lags) * 99 // 100], lags[-1])
            ),
        )
        say("CPU seconds of all collectors per 1000 calls", f"{1000 * spent / (calls * options.seconds):.2f}")
        if options.viewers:
            machines = list(Machine.objects.values_list("pk", flat=True))
            people = [User.objects.create_user(f"viewer-{n}") for n in range(options.viewers)]
            for some in (people[:1], people):
                count_calls(told, 12, some, machines)
                seen = count_calls(told, options.seconds, some, machines)
                say(f"calls per machine and 10 s, {len(some)} viewers", f"{10 * seen / options.machines:.3f}")
        if options.kill:
            since, victim = timezone.now(), running[0]
            victim.send_signal(signal.SIGKILL)
            time.sleep(3 * options.interval)
            late = max(gaps(since - timedelta(seconds=options.interval), options.interval))
            say("longest gap after a kill, beyond the interval, seconds", f"{late:.1f}")
            say("machines held", " ".join(map(str, shares())))
        paced = Status.objects.aggregate(least=Min("interval"), most=Max("interval"))
        say("seconds between checks as told, least / most", f"{paced['least']:.0f} {paced['most']:.0f}")
        claims = Lease.objects.aggregate(Avg("fence"))["fence__avg"]
        say("times that a machine was claimed, mean", f"{claims:.2f}")
        say("machines whose last check told nothing", str(Status.objects.exclude(problem="").count()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.collectors", description=__doc__)
    parser.add_argument("--machines", type=int, default=1000)
    parser.add_argument("--collectors", type=int, default=2)
    parser.add_argument("--interval", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--viewers", type=int, default=0)
    parser.add_argument("--kill", action="store_true")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from tests.e2e.database import migrated_database

    with tempfile.TemporaryDirectory() as folder, migrated_database(Path(folder)) as url:
        bench.use_database(url)
        say(
            f"{options.machines} machines each {options.interval:.0f} s, {options.collectors} collectors",
            url[:10],
        )
        measure(options, url)
        from django.db import connections

        connections.close_all()


if __name__ == "__main__":
    main()
