"""The keeper, with small real processes as its children."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.services.collector_kit import PATIENCE, eventually
from vps.services import keeper as keeping
from vps.services.keeper import Child, Keeper
from vps.services.watchman import end_groups, watch


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(keeping, "FIRST_PAUSE", 0.05)


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    """It runs in a thread; on leaving all is ended."""
    with Keeper() as made:
        running = threading.Thread(target=made.run)
        running.start()
        yield made
        made.stop.set()
        running.join(PATIENCE)
        assert not running.is_alive()


def child(script: str, kept: bool = True, quiet: bool = False) -> Child:
    return Child("child", [sys.executable, "-c", script], kept, quiet, pause=0.05)


SLEEP = "import time; time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {SLEEP}"


def pid_of(kept: Child) -> int:
    eventually(lambda: kept.process is not None, "the child runs")
    assert kept.process is not None
    return kept.process.pid


def is_running(pid: int) -> bool:
    """A process that has ended, and whose end nobody took note of, does not run."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_child_that_is_killed_is_started_again(keeper: Keeper) -> None:
    kept = child(SLEEP)
    keeper.add(kept)
    first = pid_of(kept)
    os.kill(first, signal.SIGKILL)
    eventually(lambda: kept.process is not None and kept.process.pid != first, "it is started again")
    assert is_running(pid_of(kept))


def test_a_child_that_keeps_ending_is_started_ever_more_seldom(keeper: Keeper) -> None:
    kept = child("raise SystemExit(3)")
    keeper.add(kept)
    eventually(lambda: kept.pause >= 0.4, "the pauses grow")
    assert kept.pause <= keeping.LONGEST_PAUSE


def test_the_end_of_a_child_that_is_not_kept_ends_all(keeper: Keeper) -> None:
    kept, single = child(SLEEP), child("raise SystemExit(1)", kept=False)
    keeper.add(kept)
    keeper.add(single)
    eventually(keeper.stop.is_set, "all is to end")


def test_a_child_to_run_once_is_let_go_when_it_ends(keeper: Keeper, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    keeper.add(replace(child(f"open({str(mark)!r}, 'a').write('x')"), once=True))
    eventually(lambda: not keeper.children, "it is let go")
    assert mark.read_text() == "x"
    assert not keeper.stop.is_set()


def test_on_leaving_every_child_is_ended() -> None:
    with Keeper() as keeper:
        children = [child(SLEEP) for _ in range(3)]
        for each in children:
            keeper.add(each)
        pids = [pid_of(each) for each in children]
    assert [pid for pid in pids if is_running(pid)] == []


def test_a_child_that_will_not_end_is_killed_after_the_grace(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(keeping, "GRACE_SECONDS", 0.3)
    began = time.monotonic()
    with Keeper() as keeper:
        deaf = child(DEAF)
        keeper.add(deaf)
        eventually(lambda: "deaf" in capfd.readouterr().out, "it is deaf")
        pid = pid_of(deaf)
    assert not is_running(pid)
    assert time.monotonic() - began < PATIENCE


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_a_child_started_itself_goes_with_it(
    keeper: Keeper, number: signal.Signals, tmp_path: Path
) -> None:
    file = tmp_path / "pid"
    script = (
        "import subprocess, sys, time; "
        f"p = subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); "
        f"open({str(file)!r}, 'w').write(str(p.pid)); time.sleep(600)"
    )
    kept = child(script)
    keeper.add(kept)
    eventually(lambda: file.exists() and file.read_text(), "the grandchild runs")
    grandchild = int(file.read_text())
    assert is_running(grandchild)
    os.kill(pid_of(kept), number)
    eventually(lambda: not is_running(grandchild), "the grandchild has ended")


def test_what_a_quiet_child_prints_is_thrown_away(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    done = tmp_path / "done"
    with Keeper() as keeper:
        keeper.add(child(f"print('hush'); open({str(done)!r}, 'w')", quiet=True))
        eventually(done.exists, "it has printed")
    assert "hush" not in capfd.readouterr().out


KEEPS = (
    "import sys\n"
    "from vps.services.keeper import Child, Keeper\n"
    "with Keeper() as keeper:\n"
    "    keeper.obey_signals()\n"
    f"    keeper.add(Child('child', [sys.executable, '-c', {SLEEP!r}]))\n"
    "    print(keeper.children[0].process.pid, flush=True)\n"
    "    keeper.run()\n"
    "print('ended', flush=True)\n"
)


def ends(process: subprocess.Popen[str], number: signal.Signals) -> None:
    assert process.stdout is not None
    process.send_signal(number)
    assert process.stdout.read() == "ended\n"
    assert process.wait(PATIENCE) == 0


def test_a_keeper_that_is_killed_takes_its_children_along() -> None:
    with starts() as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.kill()
        eventually(lambda: not is_running(pid), "the child has ended")


def test_what_does_not_hear_the_watchman_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", DEAF], stdout=subprocess.PIPE, start_new_session=True
    ) as deaf:
        assert deaf.stdout is not None
        deaf.stdout.readline()
        end_groups({deaf.pid}, grace=0.2)
        assert deaf.wait(PATIENCE) == -signal.SIGKILL


def test_a_watchman_that_is_killed_is_replaced_and_told_all(keeper: Keeper) -> None:
    first, second = child(SLEEP), child(SLEEP)
    keeper.add(first)
    watchman = keeper._watchman
    assert watchman._process is not None
    watchman._process.kill()
    watchman._process.wait()
    keeper.add(second)
    pids = {pid_of(first), pid_of(second)}
    assert watchman._groups == pids
    assert watchman._process.poll() is None


def test_the_watchman_ends_only_what_is_left() -> None:
    assert watch(["+12\n", "+13\n", "-12\n", "+14\n", "\n"]) == {13, 14}


# the tests themselves may run under nohup, which their children would inherit
HEEDS = "import signal\nsignal.signal(signal.SIGHUP, signal.SIG_DFL)\n"


def starts(*before: str) -> subprocess.Popen[str]:
    script = KEEPS if before else HEEDS + KEEPS
    return subprocess.Popen([*before, sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_keeper_and_its_children(number: signal.Signals) -> None:
    with starts() as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        ends(process, number)
    assert not is_running(pid)


def test_under_nohup_it_outlives_its_terminal() -> None:
    with starts("nohup") as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.send_signal(signal.SIGHUP)
        ignored = Path(f"/proc/{process.pid}/status").read_text().split("SigIgn:")[1].split()[0]
        assert int(ignored, 16) & 1 << (signal.SIGHUP - 1)
        assert process.poll() is None
        assert is_running(pid)
        ends(process, signal.SIGTERM)
    assert not is_running(pid)


def test_a_child_that_is_added_while_it_runs_is_started_once(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(keeping, "LOOK_SECONDS", 0.0)
    children = [child(SLEEP) for _ in range(10)]
    started: list[Child] = []
    real = keeper._start

    def start(kept: Child, now: float) -> None:
        started.append(kept)
        real(kept, now)

    monkeypatch.setattr(keeper, "_start", start)
    for kept in children:
        keeper.add(kept)
    assert len(started) == 10
