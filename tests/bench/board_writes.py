"""What a collector's writing costs: where little changed (G8), and to those who poll meanwhile (G9)."""

import os
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from tests.bench.board_scene import MACHINES, Told, make_person, took

REPEATS = 15
ROUND = 1000


def rounds() -> list[Told]:
    """Each round is ten seconds after the one before it."""
    from django.db import connection

    from vps.services.readings import write_readings

    scene = Rounds()
    scene.write(1.0, write_readings)
    every, few = [], []
    for _turn in range(REPEATS):
        every.append(scene.write(1.0, write_readings))
        few.append(scene.write(0.05, write_readings))
    limit = 0.2 if connection.vendor == "sqlite" else 0.35
    what = f"of a round of {ROUND} machines of which 5 % changed, against all"
    return [
        compared(
            "G8", f"writing the statuses {what}", [s for _all, s in few], [s for _all, s in every], limit
        ),
        compared(
            "", f"the whole writing, with samples, {what}", [s for s, _st in few], [s for s, _st in every]
        ),
    ]


def during_collection(database_url: str, person: Any) -> Told:
    """A real collector asks a provider of its own about 1000 other machines, and is stopped in between."""
    from django.contrib.auth.models import User

    from tests.bench.collector_round import add_token, collector, heard, provider, wait_until_heard
    from tests.e2e.database import environment
    from vps.services.board import View, poll_board, show_board

    User.objects.update(is_active=False)  # nobody asks about the machines that are polled here
    version = show_board(person, View()).version
    named = {"VPS_INTERVAL": "10", "VPS_CALLS_PER_MINUTE": "1000000"}
    times: dict[int, list[float]] = {signal.SIGSTOP: [], signal.SIGCONT: []}
    with provider(ROUND) as told:
        known = heard()
        add_token(told)
        with collector({**environment(database_url), **named, "VPS_API_URL": told["api"]}) as pid:
            wait_until_heard(known + ROUND)
            for turn in range(2 * REPEATS):
                number = (signal.SIGSTOP, signal.SIGCONT)[turn % 2]
                os.kill(pid, number)
                time.sleep(0.3)  # of its writing, which comes each half second
                times[number] += [
                    took(lambda: poll_board(person, View(), version, False)) for _n in range(20)
                ]
    idle, busy = (statistics.median(times[number]) for number in (signal.SIGSTOP, signal.SIGCONT))
    figure = f"{busy / idle:.2f} × ({busy * 1000:.2f} ms against {idle * 1000:.2f} ms)"
    what = f"a poll of {MACHINES} machines while {ROUND} others are collected, against idle"
    return "G9", what, figure, "≤ 1.5 ×", busy <= 1.5 * idle


def compared(goal: str, what: str, few: list[float], every: list[float], limit: float = 0.0) -> Told:
    part, whole = statistics.median(few), statistics.median(every)
    figure = f"{part / whole:.2f} × ({part * 1000:.0f} ms against {whole * 1000:.0f} ms)"
    return goal, what, figure, f"≤ {limit} ×" if limit else "no goal", not limit or part <= limit * whole


@contextmanager
def statements() -> Iterator[list[float]]:
    """The CPU seconds of each call that writes statuses; samples are apart, as many as machines in either case."""
    from vps.services import readings

    counted: list[float] = []

    def count(deed: Callable[..., None]) -> Callable[..., None]:
        return lambda *given: counted.append(took(lambda: deed(*given)))

    with patch.multiple(
        readings, _write_changed=count(readings._write_changed), _touch=count(readings._touch)
    ):
        yield counted


class Rounds:
    def __init__(self) -> None:
        from django.utils import timezone

        from vps.models import Access

        person = make_person("carl", ROUND, "round")
        pairs = Access.objects.filter(token__owner=person).order_by("machine_id")
        self.machines = list(pairs.values_list("machine_id", "pk"))
        # within one minute, so that no sparkline is due: what changes is what is meant to
        self.at = timezone.now().replace(second=0, microsecond=0) + timedelta(days=1)
        self.high: set[int] = set()

    def write(self, share: float, write_readings: Callable[[list[Any]], int]) -> tuple[float, float]:
        """CPU seconds, and those of them for the statements that write statuses; so many of the machines show another
        CPU figure than before."""
        from vps.models import Status

        moved = {pk for pk, _access in self.machines[: round(share * ROUND)]}
        self.high ^= moved
        self.at += timedelta(milliseconds=100)
        Status.objects.update(spark_at=self.at)
        readings = [self.reading(pk, access) for pk, access in self.machines]
        with statements() as counted:
            all_ = took(lambda: self.check(write_readings(readings), len(moved)))
        return all_, sum(counted)

    def check(self, written: int, moved: int) -> None:
        assert written in (moved, ROUND), f"{written} cards changed instead of {moved}"

    def reading(self, pk: int, access: int) -> Any:
        from vps.provider.replies import Status as Reply
        from vps.services.readings import Reading

        reply = Reply(
            agent=True,
            version="7.2.0",
            status="running",
            uptime=10**6,
            cpu=80.0 if pk in self.high else 20.0,
            cpus=2,
            memory_used=512.0,
            memory_total=1024.0,
            memory_percent=50.0,
            disk=5 * 10**9,
            maxdisk=25 * 10**9,
        )
        return Reading(pk, access, self.at, 10.0, 10.0, reply)
