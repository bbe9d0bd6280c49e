"""The audit page with a million lines (200 ms): `python -m tests.bench --only audit_page`.

For the installation's admin, for who sees every machine, for who sees a few that were quiet for most of the year, and
for who sees none: unfiltered, and by every filter. What a person waits for is the whole page, by Django's test client.
SQLite, on which nothing was promised, gets a tenth of the lines and five times as long.
"""

import time
from datetime import timedelta

from tests.bench.audit_rows import fill
from tests.bench.rows import Row, at_most

LINES = {"postgresql": 1_000_000, "sqlite": 100_000}
MOST = {"postgresql": 200.0, "sqlite": 1000.0}  # ms
READERS = ("admin", "all machines", "quiet machines", "none")
TURNS = 3


def measure(database_url: str) -> list[Row]:
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    settings.ALLOWED_HOSTS = ["*"]
    lines = LINES[connection.vendor]
    told = fill(lines)
    worst: dict[str, tuple[float, str]] = {}
    for name, person in zip(READERS, told["people"], strict=False):
        client = Client()
        client.force_login(person)
        for label, query in filters(told["year"]).items():
            took = min(seconds(client, query) for _turn in range(TURNS)) * 1000
            worst[label] = max(worst.get(label, (0.0, "")), (took, name))
    return [
        at_most(
            "", f"the audit page, {lines} lines, {label}", took, MOST[connection.vendor], "ms", f"for {name}"
        )
        for label, (took, name) in worst.items()
    ]


def seconds(client: object, query: str) -> float:
    began = time.perf_counter()
    answer = client.get(f"/audit/?{query}")  # type: ignore[attr-defined]
    took = time.perf_counter() - began
    assert answer.status_code == 200, query
    return took


def filters(year: timedelta) -> dict[str, str]:
    from django.utils import timezone

    old, older = (f"{timezone.now() - year * share:%Y-%m-%dT%H:%M}" for share in (0.5, 0.51))
    return {
        "all": "",
        "by person": "person=p9",
        "by machine": "machine=prj-7/vm-77",
        "by a common kind": "kind=power.requested",
        "by a rare kind": "kind=machine.protected",
        "by a kind without a line": "kind=wall.made",
        "by outcome": "outcome=failed",
        "by time": f"since={older}&until={old}",
        "by all of these": f"person=p9&machine=prj-7/vm-77&kind=power&outcome=failed&until={old}",
    }
