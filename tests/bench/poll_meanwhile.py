"""A poll that nothing changed for, while a collector writes 1000 machines of others, against the same when nobody
writes (G9). What a client waits, in turns."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from tests.bench.rows import Row, at_most

TURNS = 6
POLLS = 60
ROUNDS = 3  # that are written in a turn
MINE = 24
MOST = 1.5


def measure(database_url: str) -> list[Row]:
    from tests.bench.page_times import SINCE
    from tests.bench.power_call import browser, web

    person = a_person()
    with TemporaryDirectory() as folder, web(database_url, "http://127.0.0.1:9/v1", Path(folder)) as url:
        session = browser(person)
        found = SINCE.search(session.get(url, timeout=30).text)
        assert found, "the board does not tell its version"
        asked = {"since": found[1], "late": "0"}
        poll(session, url, asked)
        idle, busy = [], []
        with writer(database_url) as rounds:
            for _turn in range(TURNS):
                idle.append(poll(session, url, asked))
                with rounds():
                    busy.append(poll(session, url, asked))
    usual, meanwhile = statistics.median(idle), statistics.median(busy)
    note = f"{1000 * meanwhile:.2f} against {1000 * usual:.2f} ms"
    return [at_most("G9", "poll during collection, against idle", meanwhile / usual, MOST, note=note)]


def a_person() -> Any:
    """With machines that no collector checks, and that are not late for an hour."""
    from datetime import timedelta

    from django.contrib.auth.models import User
    from django.utils import timezone

    from tests.rows import give_machine, give_token

    person = User.objects.create_user("viewer")
    token, later = give_token(person), timezone.now() + timedelta(hours=1)
    for _machine in range(MINE):
        give_machine(token, due_at=later, late_at=later)
    return person


def poll(session: requests.Session, url: str, asked: dict[str, str]) -> float:
    """The median seconds until it was answered."""
    times = []
    for _poll in range(POLLS):
        began = time.perf_counter()
        answer = session.get(f"{url}/cards/", params=asked, timeout=30)
        times.append(time.perf_counter() - began)
        assert answer.status_code == 204, "something changed on a board that nobody touches"
    return statistics.median(times)


@contextmanager
def writer(database_url: str) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """A process that writes rounds, one after the other, while a turn lasts: far more than a collector does."""
    from tests.e2e.database import ROOT, environment

    command = [sys.executable, "-m", "tests.bench.poll_meanwhile"]
    variables = {**environment(database_url), "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdin=pipe, stdout=pipe, text=True) as process:

        def await_line(line: str) -> None:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == line, "the writer has ended"

        @contextmanager
        def rounds() -> Iterator[None]:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
            yield
            await_line("written")

        try:
            await_line("ready")
            yield rounds
        finally:
            process.kill()


def write_when_told() -> None:
    import django

    django.setup()
    from tests.bench.write_round import Scene
    from vps.services.readings import write_readings

    scene = Scene()
    scene.write(write_readings)
    say("ready")
    for _line in sys.stdin:
        for _round in range(ROUNDS):
            scene.write(write_readings)
        say("written")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    write_when_told()
