"""How fast the simulator answers status calls: `python -m tests.bench.simulator_rate`.

Goal: with 10 000 machines at least 1000 calls/s, and a p99 of at most 1.5 times that with 10.
"""

import asyncio
import itertools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

SIZES = (10, 10_000)  # machines
REPEATS = 5  # of each size, in turn
CALLS = 4000  # in one repeat
IN_FLIGHT = 16
RATE, RATIO = 1000, 1.5


class Figures(NamedTuple):
    rate: float  # calls/s
    p99: float  # seconds


class Target:
    """A simulator of its own, and the requests that go round its machines."""

    def __init__(self, machines: int) -> None:
        command = [
            sys.executable,
            "-m",
            "vps.simulator",
            "--calls-per-minute",
            "0",
            "--machines",
            str(machines),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        told = json.loads(self.process.stdout.readline())
        address = urlsplit(told["api"])
        assert address.hostname is not None
        assert address.port is not None
        self.host, self.port = address.hostname, address.port
        token = told["tokens"][0]["token"]
        head = f"HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nPermission: READ_VPS\r\n\r\n"
        self.requests: Iterator[bytes] = itertools.cycle(
            f"GET {address.path}/projects/{project}/products/{product}/vps/status {head}".encode()
            for project, products in told["projects"].items()
            for product in products
        )

    async def measure(self) -> Figures:
        times: list[float] = []
        begun = time.perf_counter()
        await asyncio.gather(*(self._caller(times) for _ in range(IN_FLIGHT)))
        return Figures(len(times) / (time.perf_counter() - begun), statistics.quantiles(times, n=100)[98])

    async def _caller(self, times: list[float]) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        for _ in range(CALLS // IN_FLIGHT):
            begun = time.perf_counter()
            writer.write(next(self.requests))
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            await reader.readexactly(int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]))
            times.append(time.perf_counter() - begun)
        writer.close()

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()


def measure_all() -> dict[int, Figures]:
    """Medians for each size, measured in turn."""
    targets = {size: Target(size) for size in SIZES}
    try:
        runs = [{size: asyncio.run(targets[size].measure()) for size in SIZES} for _ in range(REPEATS + 1)]
    finally:
        for target in targets.values():
            target.end()
    kept = runs[1:]  # the first one warms up
    return {
        size: Figures(*(statistics.median(run[size][n] for run in kept) for n in range(2))) for size in SIZES
    }


def main() -> int:
    found = measure_all()
    for size, figures in found.items():
        say(f"{size:6} machines: {figures.rate:6.0f} calls/s, p99 {figures.p99 * 1000:.2f} ms")
    rate, ratio = found[SIZES[1]].rate, found[SIZES[1]].p99 / found[SIZES[0]].p99
    good = rate >= RATE and ratio <= RATIO
    say(
        f"rate {rate:.0f} (goal {RATE}), p99 ratio {ratio:.2f} (goal {RATIO}): {'reached' if good else 'SHORT'}"
    )
    return 0 if good else 1


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
