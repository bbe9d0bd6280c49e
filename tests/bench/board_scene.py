"""500 machines of one person as a board shows them, and what the board's speed is compared with."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

Told: TypeAlias = tuple[str, str, str, str, bool]  # goal, what, figure, limit, whether it is met
MACHINES = 500


def make_person(name: str, machines: int = MACHINES, project: str = "prj") -> Any:
    """Somebody whose token reads so many running machines, in three projects, with an hour of CPU each."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from tests.rows import give_token, heard
    from tests.views.boards import walk
    from vps.models import Access, Machine, Status

    person, rnd, now = User.objects.create_user(name), Random(7), timezone.now()
    token = give_token(person)
    rows = Machine.objects.bulk_create(
        Machine(
            project=f"{project}-{n % 3}",
            product=f"{name}-{n:05d}",
            name=f"web-{rnd.randrange(10**5):05d}",
            ipv4=f"203.0.113.{n % 256}",
            ipv6=f"2001:db8::{n:x}/64",
            described_at=now,
        )
        for n in range(machines)
    )
    told = heard(now) | {
        "due_at": now + timedelta(hours=3),
        "late_at": now + timedelta(hours=3),
    }  # never late here
    own = [
        {"booted_at": now - timedelta(days=rnd.randrange(2, 90)), "cpu": rnd.randrange(21) * 5}
        for _row in rows
    ]
    Status.objects.bulk_create(
        Status(machine=row, **(told | one), spark=walk(rnd), spark_at=now)
        for row, one in zip(rows, own, strict=True)
    )
    Access.objects.bulk_create(Access(token=token, machine=row, how="listed", proved_at=now) for row in rows)
    analyze()
    return person


def analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def spent() -> float:
    """CPU seconds of this process, and on PostgreSQL of the server's process that works for it, until now."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return time.process_time()
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    ran = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])  # nanoseconds
    return time.process_time() + ran / 1e9


def took(deed: Callable[[], object]) -> float:
    began = spent()
    deed()
    return spent() - began


# The peer: the same cards by plain Python ------------------------------------------------------------

PLAIN = """
SELECT m.id, m.project, m.product, m.name, m.ipv4, m.ipv6, s.word, s.problem, s.booted_at, s.heard_at, s.cpu,
       s.memory, s.disk, s.spark, s.revision
FROM vps_machine m JOIN vps_status s ON s.machine_id = m.id
WHERE m.id IN (SELECT a.machine_id FROM vps_access a JOIN vps_token t ON t.id = a.token_id
               WHERE t.owner_id = %s AND a.refused_at IS NULL AND t.refused_at IS NULL)
ORDER BY s.problem = '', m.name, m.id LIMIT 500"""


def plain_cards(person: int) -> str:
    """The cards of running machines, read by one statement and put together from strings."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(PLAIN, [person])
        rows = cursor.fetchall()
    now = datetime.now(UTC)
    return "".join(_plain_card(row, now) for row in rows)


def _plain_card(row: tuple[Any, ...], now: datetime) -> str:
    import json

    from vps.services.cards import spark_label, spark_path

    (
        pk,
        project,
        product,
        name,
        ipv4,
        _ipv6,
        _word,
        _problem,
        booted,
        _heard,
        cpu,
        memory,
        disk,
        spark,
        _rev,
    ) = row
    at = booted if isinstance(booted, datetime) else datetime.fromisoformat(booted)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    points = json.loads(spark) if isinstance(spark, str) else spark
    here, title = f"/machines/{escape(project)}/{escape(product)}/", escape(name)
    stamp, days = at.strftime("%Y-%m-%dT%H:%M:%SZ"), (now - at).days
    meters = "".join(
        f'<label>{word} <b>{value} %</b><meter max="100" low="85" high="95" value="{value}"></meter></label>\n'
        for word, value in (("CPU", cpu), ("Memory", memory), ("Disk", disk))
    )
    return (
        f'<article class="card" id="m{pk}" data-tone="ok" data-state="running">\n'
        f'<h3><a href="{here}">{title}</a></h3>\n<p class="state">Running</p>\n'
        f'<button class="copy">{escape(ipv4)}</button>\n'
        f'<p class="side"><time datetime="{stamp}" data-as="up">up {days} d</time></p>\n'
        f'<svg class="band spark" viewBox="0 0 20 9.3" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(spark_label(points))}"><path d="{spark_path(points)}"/></svg>\n'
        f'<div class="figs">\n{meters}</div>\n<div class="acts" role="group" aria-label="{title}">'
        f'<a aria-disabled="true" title="Already running" href="{here}start/">Start</a>'
        f'<a href="{here}reboot/">Reboot</a><a href="{here}shutdown/">Shut down</a>'
        '<button class="dots" popovertarget="more" aria-label="More"></button></div>\n</article>'
    )
