"""The charts of a machine's page with 90 days of 1000 machines: each of them within 50 ms, as tests.bench.history."""

from importlib import import_module
from typing import Any

from tests.bench.rows import Row, at_most

MACHINES = 1000
LONGEST = 50.0  # ms


def measure(database_url: str) -> list[Row]:
    history: Any = import_module("tests.bench.history")
    history.fill(MACHINES)
    size = f"{history.size() / 2**20:.0f} MiB"
    return [
        at_most(
            "",
            f"chart of {chart.span}, with 90 days of {MACHINES} machines",
            took(chart),
            LONGEST,
            "ms",
            size,
        )
        for chart in history.measure_charts()
    ]


def took(chart: Any) -> float:
    return 1000 * float(chart.drawn + chart.rendered)
