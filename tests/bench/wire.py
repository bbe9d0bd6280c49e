"""How fast the collector asks (G4), and what that costs (G5): 64 calls in flight, 100 ms for each answer.

The collector asks each machine once and writes what it hears; an aiohttp client and 64 threads with a bare requests
session each ask for the same, parse it, and write nothing. Each in a process of its own, in turn, at one simulator.
"""

import asyncio
import json
import os
import queue
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from resource import RUSAGE_SELF, getrusage
from typing import Any, NamedTuple

from tests.bench.rows import Row, at_least, at_most

MACHINES = 2000
IN_FLIGHT = 64
LATENCY = 0.1
REPEATS = 5
RATE, CPU = 0.85, 1.5
Job = dict[str, Any]  # api, token, machines


class Figures(NamedTuple):
    rate: float  # calls/s
    cpu: float  # ms of CPU time per call


def measure(database_url: str) -> list[Row]:
    from tests.bench.collector_round import add_token, provider, status_calls

    with provider(MACHINES, LATENCY) as told:
        add_token(told)
        machines = [(project, each) for project, products in told["projects"].items() for each in products]
        job = {"api": told["api"], "token": told["tokens"][0]["token"], "machines": machines}
        found: dict[str, list[Figures]] = {name: [] for name in PEERS}
        for _repeat in range(REPEATS):
            for name in PEERS:
                before = status_calls(told)
                found[name].append(run(name, job, database_url))
                made = status_calls(told) - before
                # a few machines may come to their own moment of the hour a second time
                assert MACHINES <= made <= 1.02 * MACHINES, f"{name}: {made} calls for {MACHINES} machines"
    mine, fast, bare = (median(found[name]) for name in ("collector", "aiohttp", "session"))
    rates = f"{mine.rate:.0f} against {fast.rate:.0f} calls/s"
    costs = f"{mine.cpu:.2f} against {bare.cpu:.2f} ms"
    return [
        at_least("G4", "collector's calls/s, against aiohttp", mine.rate / fast.rate, RATE, note=rates),
        at_most(
            "G5", "collector's CPU per call, against a bare Session", mine.cpu / bare.cpu, CPU, note=costs
        ),
    ]


def median(figures: list[Figures]) -> Figures:
    return Figures(*(statistics.median(each) for each in zip(*figures, strict=True)))


def run(name: str, job: Job, database_url: str) -> Figures:
    from tests.e2e.database import ROOT, environment

    told = {"VPS_API_URL": job["api"], "VPS_CALLS_PER_MINUTE": "1000000"}
    told |= {
        "VPS_INTERVAL": "3600",
        "VPS_IDLE_INTERVAL": "3600",
    }  # nothing is due again before all were asked
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.wire", name],
        cwd=ROOT,
        env={**environment(database_url), **told, "DJANGO_SETTINGS_MODULE": "dashboard.settings"},
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Figures(*json.loads(done.stdout.splitlines()[-1]))


# The processes ----------------------------------------------------------------------------------------


def ask_as_collector(job: Job) -> None:
    from vps.services.collection import Collector
    from vps.services.patience import be_impatient

    be_impatient()
    Collector(IN_FLIGHT).run_once()


def ask_by_sessions(job: Job) -> None:
    import requests

    waiting: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    for machine in job["machines"]:
        waiting.put(tuple(machine))

    def work() -> None:
        with requests.Session() as session:
            session.trust_env = False
            while True:
                try:
                    machine = waiting.get_nowait()
                except queue.Empty:
                    return
                answer = session.get(address(job, *machine), headers=headers(job), timeout=30)
                assert answer.json()["status"]

    threads = [threading.Thread(target=work) for _place in range(IN_FLIGHT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def ask_by_aiohttp(job: Job) -> None:
    asyncio.run(_ask_all(job))


async def _ask_all(job: Job) -> None:
    import aiohttp

    waiting = iter(job["machines"])

    async def work(session: aiohttp.ClientSession) -> None:
        for machine in waiting:
            async with session.get(address(job, *machine), headers=headers(job)) as answer:
                told = json.loads(await answer.read())
                assert told["status"]

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:
        await asyncio.gather(*(work(session) for _place in range(IN_FLIGHT)))


def address(job: Job, project: str, product: str) -> str:
    return f"{job['api']}/projects/{project}/products/{product}/vps/status"


def headers(job: Job) -> dict[str, str]:
    return {"Authorization": f"Bearer {job['token']}", "Permission": "READ_VPS"}


PEERS: dict[str, Callable[[Job], None]] = {
    "collector": ask_as_collector,
    "aiohttp": ask_by_aiohttp,
    "session": ask_by_sessions,
}


def main(name: str) -> None:
    job: Job = json.load(sys.stdin)
    if name == "collector":
        import django

        django.setup()
    began, before = time.perf_counter(), getrusage(RUSAGE_SELF)
    PEERS[name](job)
    passed, after = time.perf_counter() - began, getrusage(RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    calls = len(job["machines"])
    sys.stdout.write(json.dumps([calls / passed, 1000 * spent / calls]) + "\n")
    sys.stdout.flush()
    os._exit(0)  # threads of the product that wait for the next call must not hold it up


if __name__ == "__main__":
    main(sys.argv[1])
