"""`python -m tests.soak --minutes 10`: the whole panel in use, while one machine in twenty fails and its processes are
killed, twice a minute. Prints each minute what the processes hold and what went wrong; the exit code is the verdict.

On SQLite, or on the server of TEST_DATABASE_URL. What was killed may miss rounds; nothing else may, no press may be
sent twice or lost, no process may grow.
"""

import argparse
import logging
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"


def main() -> int:
    options = read_arguments()
    from tests.bench.collector_round import use_database
    from tests.e2e.database import manage, migrated_database

    logging.disable(logging.WARNING)  # this process's own: what it provokes is no news
    with tempfile.TemporaryDirectory() as folder, migrated_database(Path(folder)) as url:
        manage(url, "collectstatic", "--noinput", "--verbosity", "0")
        use_database(url)
        from django.db import connections

        from tests.soak.run import soak

        say(f"{url.partition(':')[0]}: {options}")
        try:
            faults = soak(options, Path(folder), say)
        finally:
            connections.close_all()
    for fault in faults:
        say(f"FAULT: {fault}")
    say("failed" if faults else "passed: nothing grew, nothing was doubled or lost")
    return 1 if faults else 0


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--machines", type=int, default=200)
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--collectors", type=int, choices=(1, 2), default=2)
    parser.add_argument(
        "--interval", type=float, default=10.0, help="seconds between two checks of a machine"
    )
    parser.add_argument("--seed", type=int, default=int(time.time()))
    return parser.parse_args()


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
