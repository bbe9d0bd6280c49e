"""`manage.py serve` as a real process: the web server and the collector, kept running."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from django.core.management import CommandError, call_command

from tests.commands.processes import MANAGE, Running, database_url, free_port, is_running, started
from tests.services.collector_kit import eventually
from tests.settings import TEST_ENVIRONMENT

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def serving(folder: Path, port: int, *, more: tuple[str, ...] = (), **settings: str) -> Iterator[Running]:
    address = {"DATABASE_URL": database_url(), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    command = [*MANAGE, "serve", "--bind", f"127.0.0.1:{port}", "--workers", "1", *more]
    with started(command, folder, **{**TEST_ENVIRONMENT, **address, **settings}) as running:
        yield running


def signs_in(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/accounts/login/", timeout=10).ok
    except requests.ConnectionError:
        return False


def pid_of(running: Running, name: str) -> int:
    """The process that the keeper last started under this name."""
    lines = [line for line in running.printed.splitlines() if f"{name} started as process" in line]
    return int(lines[-1].rsplit(maxsplit=1)[1])


def test_it_starts_both_restarts_what_is_killed_and_leaves_nothing_behind(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as running:
        eventually(lambda: signs_in(port), "the sign-in page answers")
        running.says("collector started as process")
        killed = {name: pid_of(running, name) for name in ("web", "collector")}
        for pid in killed.values():
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: not signs_in(port), "the web server is down")
        for name, pid in killed.items():
            running.says(f"{name} ended with -9: starting it again")
            eventually(lambda: pid_of(running, name) != pid, f"the {name} is started again")  # noqa: B023
        eventually(lambda: signs_in(port), "the sign-in page answers again")
        processes = running.descendants()
        assert len(processes) >= 3
        assert running.end() == 0
    assert [pid for pid in processes if is_running(pid)] == []
    assert not signs_in(port)


@pytest.mark.parametrize(("proxies", "status"), [("0", 301), ("1", 200)])
def test_a_forwarded_scheme_is_believed_only_of_a_proxy_and_no_query_is_written_down(
    tmp_path: Path, proxies: str, status: int
) -> None:
    port = free_port()
    with serving(tmp_path, port, PUBLIC_URL="https://panel.example.org", TRUSTED_PROXIES=proxies) as running:
        running.says("Listening at")
        answer = requests.get(
            f"http://127.0.0.1:{port}/accounts/login/?next=a-secret-search",
            headers={"Host": "panel.example.org", "X-Forwarded-Proto": "https"},
            allow_redirects=False,
            timeout=20,
        )
        assert answer.status_code == status
        running.says("GET '/accounts/login/'")
        assert running.end() == 0
    assert running.printed.count("/accounts/login/") == 1
    assert "a-secret-search" not in running.printed


def test_when_it_is_killed_itself_nothing_runs_on_and_as_many_collectors_run_as_were_asked_for(
    tmp_path: Path,
) -> None:
    port = free_port()
    with serving(tmp_path, port, more=("--collectors", "2")) as running:
        running.says("collector 2 started as process")
        eventually(lambda: signs_in(port), "the sign-in page answers")
        processes = running.descendants()
        running.end(signal.SIGKILL)
        eventually(lambda: not [pid for pid in processes if is_running(pid)], "all have ended")
    assert "the keeper is gone" in running.printed


@pytest.mark.parametrize("words", [("--workers", "0"), ("--collectors", "-1"), ("--collectors", "many")])
def test_numbers_that_make_no_sense_are_refused(words: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="a whole number from"):
        call_command("serve", f"{words[0]}={words[1]}")


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with serving(tmp_path, taken.getsockname()[1]) as running:
            running.says("in use")
            processes = running.descendants()
            assert running.end() == 0
    assert [pid for pid in processes if is_running(pid)] == []
