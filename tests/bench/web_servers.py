"""gunicorn against granian in front of the same panel: `python -m tests.bench.web_servers [--repeats 5]`.

Each in turn, two processes of eight threads, on SQLite with 200 machines: polls that change nothing, then whole
boards, over four kept connections. CPU is that of the server's processes, which a busy machine changes little;
the times are a comparison only. granian is no dependency: `pip install granian` first.

What it showed, on a busy machine of two cores, medians of five runs: a poll took gunicorn 11.5 ms of CPU and granian
10.4 ms, a board 130 and 129 ms, and the slowest hundredth of either took as long. gunicorn stays: a tenth of a poll is
not worth another program, and it ends in order, and for good where the settings are wrong.
"""

import argparse
import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parent.parent.parent
MACHINES, CONNECTIONS = 200, 4
LOADS = {"polls": 150, "boards": 10}  # requests of each connection
TICK = os.sysconf("SC_CLK_TCK")


def commands(port: int) -> dict[str, list[str]]:
    from vps.management.commands.serve import web_command

    granian = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    granian += ["--workers", "2", "--blocking-threads", "8", "--no-log", "dashboard.wsgi:application"]
    return {"gunicorn": web_command(f"127.0.0.1:{port}", 2), "granian": granian}


@contextmanager
def running(command: list[str], database: str, port: int) -> Iterator[int]:
    """The server's process id, once both of its workers have answered."""
    from tests.e2e.database import environment

    variables = {**environment(database), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    process = subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while not answers(port):
            assert time.monotonic() < deadline, command
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def cpu_of(pid: int) -> float:
    """Seconds of CPU of a process and of all below it."""
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return (int(numbers[11]) + int(numbers[12])) / TICK + sum(cpu_of(int(child)) for child in below)


def load(port: int, path: str, cookie: str, requests: int, status: int) -> list[float]:
    """How long each took, over all connections."""
    took: list[float] = []
    wrong: list[int] = []

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Cookie": f"sessionid={cookie}", "HX-Request": "true" if status == 204 else "false"}
        for _ in range(requests):
            began = time.perf_counter()
            try:
                connection.request("GET", path, headers=headers)
                reply = connection.getresponse()
            except (
                http.client.RemoteDisconnected
            ):  # a kept connection, closed by the server: as a browser does
                connection.close()
                connection.request("GET", path, headers=headers)
                reply = connection.getresponse()
            reply.read()
            took.append(time.perf_counter() - began)
            if reply.status != status:
                wrong.append(reply.status)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:5]
    return sorted(took)


def fill() -> tuple[str, str]:
    """Machines on time for an hour; the session's cookie, and the address of a poll that changes nothing."""
    from django.contrib.auth.models import User
    from django.test import Client
    from django.utils import timezone

    from tests.rows import give_machine, give_token

    person = User.objects.create_user("anna")
    token, later = give_token(person), timezone.now() + timedelta(hours=1)
    for _ in range(MACHINES):
        give_machine(token, due_at=later, late_at=later)
    client = Client()
    client.force_login(person)
    found = re.search(
        r'id="heard" data-since="([^"]+)"', client.get("/", headers={"Host": "localhost"}).content.decode()
    )
    assert found
    return client.cookies["sessionid"].value, f"/cards/?{urlencode({'since': found[1]})}"


def measure(
    port: int, pid: int, cookie: str, poll: str, note: Callable[[str, float, float, float], None]
) -> None:
    for name, (path, status) in {"polls": (poll, 204), "boards": ("/", 200)}.items():
        load(port, path, cookie, 5, status)  # both workers have loaded everything
        before = cpu_of(pid)
        took = load(port, path, cookie, LOADS[name], status)
        cpu = (cpu_of(pid) - before) / len(took)
        note(name, cpu, statistics.median(took), took[int(0.99 * len(took))])


def main(repeats: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from tests.bench.collector_round import use_database
    from tests.e2e.database import migrated_database

    figures: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder, migrated_database(Path(folder)) as url:
        use_database(url)
        from tests.commands.processes import free_port  # needs what was set up just now

        cookie, poll = fill()
        for _ in range(repeats):
            port = free_port()
            for server, command in commands(port).items():
                with running(command, url, port) as pid:
                    measure(
                        port, pid, cookie, poll,
                        lambda name, *told, server=server: figures.setdefault((server, name), []).append(told),
                    )  # fmt: skip
    for (server, name), told in sorted(figures.items(), key=lambda item: item[0][1]):
        cpu, half, most = (1000 * statistics.median(column) for column in zip(*told, strict=True))
        row = f"{name:8} {server:10} CPU {cpu:6.2f} ms   p50 {half:7.1f} ms   p99 {most:7.1f} ms"
        sys.stdout.write(f"{row}   of {len(told)} runs\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.web_servers", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    main(parser.parse_args().repeats)
