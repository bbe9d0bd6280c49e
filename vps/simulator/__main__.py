"""`python -m vps.simulator`: runs until it is ended, and says in one JSON line where it listens."""

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
from pathlib import Path

from vps.simulator.server import Simulator


def read_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m vps.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="of the API; 0 takes a free one")
    parser.add_argument("--machines", type=int, default=24)
    parser.add_argument("--demo", action="store_true", help="machines in every state, faults included")
    parser.add_argument("--seed", type=int, help="repeat the same figures (ids and tokens stay random)")
    parser.add_argument("--console", choices=("text", "qemu"), default="text")
    parser.add_argument("--calls-per-minute", type=int, default=600, help="of each token; 0 is no limit")
    parser.add_argument("--announce", type=Path, help="write the announce line to this file too")
    return parser.parse_args(arguments)


async def run(options: argparse.Namespace) -> None:
    simulator = Simulator(
        options.machines,
        demo=options.demo,
        seed=options.seed,
        host=options.host,
        port=options.port,
        console=options.console,
        calls_per_minute=options.calls_per_minute,
    )
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await simulator.open()
    gc.collect()
    gc.freeze()  # the world lives as long as the process: no collection needs to walk it
    announce(json.dumps(simulator.told()), options.announce)
    await stop.wait()
    await simulator.close()


def announce(line: str, file: Path | None) -> None:
    """To the file first: who has read the line may rely on it."""
    if file is not None:
        half = file.with_name(file.name + ".part")
        half.write_text(line + "\n")
        os.replace(half, file)  # a reader sees all of it or nothing
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(run(read_arguments()))
