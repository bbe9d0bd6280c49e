"""90 days of history of 1000 machines: `python -m tests.bench.history [--machines 1000] [--keep FILE]`.

Fills all tiers by set-based SQL as they would be, on SQLite and, where TEST_DATABASE_URL names a server, on PostgreSQL.
Prints the size of the database, the time of each chart (query, drawing, and the rendered panel; goal: 50 ms), and the
time in which a round of checks is rolled up, and what is old is deleted.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

DAY = 86400
TIERS = {10: 3600, 60: DAY, 600: 7 * DAY, 7200: 90 * DAY}
GOAL = 0.050
# A machine is down for 3 hours in some weeks, and nothing is known of an hour in others.
FILL = """
INSERT INTO vps_sample (machine_id, tier, time, cpu, cpu_most, memory_used, memory_percent, memory_most, disk,
  up, down, unknown)
WITH RECURSIVE steps(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM steps WHERE n + 1 < {count}),
slots AS (SELECT m.id, m.id % 97 AS own, {end} - n * {tier} AS b, ({end} - n * {tier} + m.id * 9973) % 604800 AS week
  FROM steps, vps_machine m),
kinds AS (SELECT slots.*, week < 10800 AS off, week BETWEEN 200000 AND 203600 AS lost,
  5 + own % 40 + (b / {tier} % 1000 * 7919 + own * 31) % 23 AS load FROM slots)
SELECT id, {tier}, {moment}, CASE WHEN off THEN 0 ELSE load END, CASE WHEN off THEN 0 ELSE load * 1.4 END, 512,
  30 + own % 50, 35 + own % 50, 5000000000 + own * CAST(100000000 AS bigint),
  CASE WHEN off THEN 0 ELSE {tier} END, CASE WHEN off THEN {tier} ELSE 0 END, 0
FROM kinds WHERE NOT lost
"""


class Chart(NamedTuple):
    span: str
    points: int
    loaded: float  # seconds
    drawn: float
    rendered: float


@contextmanager
def database(url: str) -> Iterator[None]:
    """A database of its own at this server or in a file that does not exist yet, migrated; a server's is gone
    afterwards."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_DATABASE_URL": url}
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection, connections

    settings.DEBUG = False  # it would keep each statement
    django.setup()
    given = settings.DATABASES["default"]["NAME"]
    name = f"bench_history_{os.getpid()}"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        use(connections, name)
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        if connection.vendor == "postgresql":
            use(connections, given)
            with connections["default"].cursor() as cursor:
                cursor.execute(f"DROP DATABASE {name}")


def use(connections: Any, name: str) -> None:
    connections["default"].close()
    connections["default"].settings_dict["NAME"] = name


def fill(machines: int) -> float:
    """Seconds that it took."""
    from django.contrib.auth.models import User
    from django.db import connection
    from django.utils import timezone

    from tests.rows import give_machine, give_token
    from vps.models import Machine

    began = time.monotonic()
    token = give_token(User.objects.create_superuser("bench", "bench@example.org", "bench-bench-bench"))
    for _number in range(machines):
        give_machine(token)
    now = timezone.now()
    Machine.objects.update(first_seen=now - timedelta(days=120))
    moment = "to_timestamp(b)" if connection.vendor == "postgresql" else "datetime(b, 'unixepoch')"
    with connection.cursor() as cursor:
        for tier, seconds in TIERS.items():
            end = int(now.timestamp()) // tier * tier
            cursor.execute(FILL.format(count=seconds // tier, tier=tier, end=end, moment=moment))
        cursor.execute("ANALYZE")
    return time.monotonic() - began


def size() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        return int(cursor.fetchone()[0])


def quickest(work: Callable[[int], object], repeats: int = 25) -> float:
    """Of so many, as what other processes take of this computer is no time of ours."""
    took = []
    for number in range(repeats):
        began = time.perf_counter()
        work(number)
        took.append(time.perf_counter() - began)
    return min(took)


def load(machines: list[Any], reach: Any, now: datetime, number: int) -> None:
    from vps.services.spans import load_points

    load_points(machines[number % len(machines)], reach, now, now)


def draw(machines: list[Any], reach: Any, now: datetime, number: int) -> None:
    from vps.services.charts import draw_charts

    machine = machines[number % len(machines)]
    draw_charts(machine, machine.status, None, reach, now, now)


def render(page: Any, _number: int) -> None:
    from django.template.loader import render_to_string

    render_to_string("vps/_figures.html", {"page": page, "card": page.card})


def measure_charts() -> list[Chart]:
    """Each repeat looks at another machine, so that no page of the database is warm because of the one before."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from vps.access import visible_machines
    from vps.services.machines import show_machine
    from vps.services.spans import REACHES, load_points

    user = User.objects.get()
    machines = list(visible_machines(user))
    now = timezone.now()
    charts = []
    for number, reach in enumerate(REACHES.values()):
        some = machines[number % len(machines) :: 7]
        page = show_machine(user, some[0].project, some[0].product, reach.key)
        points = len(load_points(some[0], reach, now, now))
        loaded = quickest(partial(load, some, reach, now))
        drawn = quickest(partial(draw, some, reach, now))
        rendered = quickest(partial(render, page))
        charts.append(Chart(reach.key, points, loaded, drawn, rendered))
    return charts


def measure_rounds(rounds: int = 6) -> tuple[list[float], list[float]]:
    """Seconds of each step while a minute of checks of all machines is rolled up, and then while as much is deleted."""
    from django.utils import timezone

    from vps.models import Machine, Sample, Tier
    from vps.models.sample import RAW
    from vps.services.history import prune_history
    from vps.services.rollup import roll_up

    newest = Sample.objects.order_by("-pk").values_list("pk", flat=True)[0]
    Tier.objects.update_or_create(seconds=RAW, defaults={"taken": newest, "taking": newest})
    now = timezone.now()
    machines = list(Machine.objects.values_list("pk", flat=True))
    for step in range(rounds):
        at = now + timedelta(seconds=10 * (step + 1))
        Sample.objects.bulk_create(
            Sample(machine_id=pk, time=at, cpu=5, memory_used=5, memory_percent=5, disk=5, up=10)
            for pk in machines
        )
    return steps(roll_up), steps(lambda: prune_history(now + timedelta(minutes=6)))


def steps(work: Callable[[], bool]) -> list[float]:
    took = []
    more = True
    while more:
        began = time.perf_counter()
        more = work()
        took.append(time.perf_counter() - began)
    return took


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def report(url: str, machines: int) -> bool:
    with database(url):
        filled = fill(machines)
        name = url.partition(":")[0]
        say(f"{name}: 90 days of {machines} machines, {size() / 2**20:.0f} MiB, filled in {filled:.0f} s")
        charts = measure_charts()
        for chart in charts:
            say(
                f"  {chart.span:>4}: {chart.points:4d} points; read {1000 * chart.loaded:5.1f} ms, read and drawn "
                f"{1000 * chart.drawn:5.1f} ms, rendered {1000 * chart.rendered:5.1f} ms"
            )
        for what, took in zip(("rolled up", "deleted"), measure_rounds(), strict=True):
            say(
                f"  a minute of checks {what} in {1000 * sum(took):.0f} ms; "
                f"the longest of {len(took)} steps took {1000 * max(took):.0f} ms"
            )
        return all(chart.drawn + chart.rendered <= GOAL for chart in charts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--machines", type=int, default=1000)
    parser.add_argument("--keep", help="leaves the SQLite file here, to look at it")
    parser.add_argument("--url", help="measures on this database alone, in this process")
    options = parser.parse_args()
    if options.url:
        return 0 if report(options.url, options.machines) else 1
    again = [sys.executable, "-m", "tests.bench.history", "--machines", str(options.machines), "--url"]
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or str(Path(folder) / "history.sqlite3")
        urls = [f"sqlite:///{path}", *filter(None, [os.environ.get("TEST_DATABASE_URL")])]
        codes = [subprocess.run([*again, url], check=False).returncode for url in urls]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
