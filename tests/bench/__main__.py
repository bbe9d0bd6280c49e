"""`python -m tests.bench [--only NAME …] [--server URL]`: every goal on both databases, in one table.

Each module measures in a process and a database of its own, its peers beside it. A module that is not there, fails or
takes too long is a missed goal. The table is printed and written to a file; the exit code says whether all are met.
"""

import argparse
import importlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.rows import Line, Row, as_table, in_order, read_rows, unmeasured

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT / "var" / "bench.md"
LONGEST = 1200.0  # seconds that a module may take on one database
MODULES = (
    "wire",
    "write_round",
    "weight",
    "page_times",
    "poll_meanwhile",
    "board_speed",
    "board_browser",
    "arrivals",
    "budget",
    "charts",
    "collector_round",
    "fleet",
    "power_call",
    "audit_page",
)
STARTS, ENDS = "<!-- bench -->\n", "<!-- /bench -->"


def main() -> int:
    options = read_arguments()
    if options.child:
        return child(options.child)
    servers = {"SQLite": "", **({"PostgreSQL": options.server} if options.server else {})}
    names = options.only or list(MODULES)
    lines = [
        line for name in names for database in servers for line in run(name, database, servers[database])
    ]
    if not options.only:
        lines += unmeasured(lines, ("SQLite", "PostgreSQL"))
    table = f"{circumstances()}\n\n{as_table(in_order(lines))}"
    say(f"\n{table}")
    missed = [line for line in lines if not line.row.ok]
    say(f"{len(lines) - len(missed)} met, {len(missed)} missed; written to {options.file}\n")
    options.file.parent.mkdir(parents=True, exist_ok=True)
    options.file.write_text(table)
    if options.readme:
        put_into(options.readme, table)
    return 1 if missed else 0


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", help=f"some of {', '.join(MODULES)}")
    parser.add_argument(
        "--server", default="", help="the PostgreSQL server; without it nothing is measured there"
    )
    parser.add_argument("--file", type=Path, default=FILE, help="where the table is written")
    parser.add_argument("--readme", type=Path, help="a file that holds the table between two marks")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args()


def run(name: str, database: str, server: str) -> list[Line]:
    """What the module measured on this database; whatever goes wrong is a line too."""
    say(f"{name} on {database} … ")
    began = time.monotonic()
    rows = measured(name, server)
    say(f"{time.monotonic() - began:.0f} s, {sum(row.ok for row in rows)} of {len(rows)} met\n")
    return [Line(row, database) for row in rows]


def measured(name: str, server: str) -> list[Row]:
    command = [sys.executable, "-m", "tests.bench", "--child", name]
    variables = {**os.environ, "TEST_DATABASE_URL": server, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    variables["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # a browser's loop runs in the thread that asks the database
    )
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            start_new_session=True,
        )
        try:
            told, _nothing = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            return [failed(name, f"it took more than {LONGEST:.0f} s")]
        finally:
            end_group(process)
        complaints.seek(0)
        said = complaints.read().strip().splitlines()
    if process.returncode:
        return [failed(name, said[-1] if said else f"it ended with {process.returncode}")]
    try:
        rows = read_rows(json.loads(told.splitlines()[-1]))
    except (ValueError, IndexError) as error:
        return [failed(name, str(error))]
    return rows or [failed(name, "it measured nothing")]


def end_group(process: subprocess.Popen[str]) -> None:
    """With all that the module started and left behind."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def failed(name: str, why: str) -> Row:
    return Row("", f"tests.bench.{name}: {why[:160]}".replace("|", "/"), "failed", "", False)


def child(name: str) -> int:
    """Measures in a database that is made for it and is this process's own, and prints the rows as JSON."""
    import django

    from tests.bench.collector_round import use_database
    from tests.e2e.database import manage, migrated_database

    django.setup()
    measure = importlib.import_module(f"tests.bench.{name}").measure
    with tempfile.TemporaryDirectory() as folder, migrated_database(Path(folder)) as url:
        manage(url, "collectstatic", "--noinput", "--verbosity", "0")
        use_database(url)
        rows = measure(url)
        from django.db import connections

        connections.close_all()
    say(json.dumps(rows) + "\n")
    return 0


def circumstances() -> str:
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    return f"{when}; Python {platform.python_version()}, {os.cpu_count()} cores, load {load} at the end."


def put_into(path: Path, table: str) -> None:
    before, _mark, rest = path.read_text().partition(STARTS)
    _old, _mark, after = rest.partition(ENDS)
    if not after:
        raise SystemExit(f"{path} has no place for the table: {STARTS.strip()} and {ENDS}")
    path.write_text(f"{before}{STARTS}{table}{ENDS}{after}")


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
