"""How long pages take while the provider is well, dead, and hanging: within a tenth of each other.

One panel, whose provider changes between the three again and again; each time it is waited until the checks have met
it. What a client waits, over all turns: the tenth percentile, since a page that waited for the provider would do so
each time, and what else this machine does comes and goes.
"""

import re
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from tests.bench.rows import Row, at_most

MACHINES = 100
TURNS = 5  # of each state
PAGES = 8  # of each kind in one turn
INTERVAL = 5.0
SETTLE = 13.0  # seconds: two intervals, in which each check has failed, and no sparkline waits to be drawn
MOST = 1.1
STATES = {"well": "", "dead": "refuse", "hanging": "hang"}
KINDS = ("board", "machine", "poll")
SINCE = re.compile(r'data-since="([^"]+)"')
Times = dict[tuple[str, str], list[float]]


def measure(database_url: str) -> list[Row]:
    from tests.bench.collector_round import add_token, collector, provider, wait_until_heard
    from tests.bench.power_call import browser, web
    from tests.e2e.database import environment
    from vps.models import Machine, Token

    times: Times = {(kind, state): [] for kind in KINDS for state in STATES}
    with TemporaryDirectory() as folder, provider(MACHINES, 0.0) as told:
        add_token(told)
        paces = dict.fromkeys(("VPS_INTERVAL", "VPS_IDLE_INTERVAL"), str(INTERVAL))
        variables = {**environment(database_url), **paces, "VPS_API_URL": told["api"]}
        variables["VPS_CALLS_PER_MINUTE"] = "1000000"
        with web(database_url, told["api"], Path(folder)) as url, collector(variables):
            wait_until_heard(MACHINES)
            machine = Machine.objects.order_by("pk")[0]
            tab = Tab(
                url, browser(Token.objects.get().owner), f"/machines/{machine.project}/{machine.product}/"
            )
            for _turn in range(TURNS):
                for state, fault in STATES.items():
                    suffer(told, fault)
                    time.sleep(SETTLE)
                    for _page in range(PAGES):
                        for kind in KINDS:
                            times[kind, state].append(tab.ask(kind))
    return [row(times, kind, state) for kind in KINDS for state in STATES if STATES[state]]


def suffer(told: dict[str, Any], fault: str) -> None:
    """This fault alone; none if it is empty."""
    faults = f"{told['control']}/faults"
    requests.delete(faults, timeout=10).raise_for_status()
    if fault:
        requests.post(faults, json={"fault": fault}, timeout=10).raise_for_status()


class Tab:
    """A person's open page: its polls follow the board that it saw last."""

    def __init__(self, url: str, session: requests.Session, machine: str) -> None:
        self._url, self._session = url, session
        self._paths = {"board": "/", "machine": machine, "poll": "/cards/"}
        self._since = self._late = ""

    def ask(self, kind: str) -> float:
        """Seconds until it was answered."""
        asked = {"since": self._since, "late": self._late} if kind == "poll" else {}
        began = time.perf_counter()
        answer = self._session.get(f"{self._url}{self._paths[kind]}", params=asked, timeout=30)
        took = time.perf_counter() - began
        assert answer.status_code in (200, 204), (kind, answer.status_code)
        if kind == "board":
            found = SINCE.search(answer.text)
            assert found, "the board does not tell its version"
            self._since, self._late = found[1], "1" if 'data-late="1"' in answer.text else "0"
        return took


def row(times: Times, kind: str, state: str) -> Row:
    now, usual = (statistics.quantiles(times[kind, each], n=10)[0] for each in (state, "well"))
    note = f"{1000 * now:.1f} against {1000 * usual:.1f} ms"
    return at_most(
        "", f"the {kind} while the provider is {state}, against well", now / usual, MOST, note=note
    )
