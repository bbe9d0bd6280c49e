"""A process's clock jumps by a day, forward or back (libfaketime): nothing is shown fresh that is not, presses end."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from tests.commands.processes import MANAGE
from tests.commands.test_collect_locked import all_heard_since
from tests.prove import say
from tests.prove.scenes import Scene, opened, read_by
from tests.prove.web import Server, Web
from tests.prove.witness import Witness
from tests.services.collector_kit import eventually
from vps.models import Machine, PowerAction, Status

LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not LIBRARY, reason="There is no libfaketime here: clocks cannot jump (apt install faketime)."
    ),
]
DAY = 86400
JUMPS = [DAY, -DAY]
LATE_SECONDS = 12.0  # an interval of a second, what a slow answer takes, and the time to look


class Clock:
    """The clock of a process: true, until it jumps. How long things take it knows all the same, as after any jump."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.jump(0)
        self.settings = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",  # a jump changes no file
        }

    def jump(self, seconds: int) -> None:
        half = self._file.with_suffix(".part")
        half.write_text(f"{seconds:+d}\n")
        os.replace(half, self._file)


@pytest.fixture
def provider(anna: User, settings: Settings) -> Iterator[Witness]:
    with read_by(anna, settings) as running:
        yield running


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


def board(scene: Scene) -> str:
    answer = scene.tab.get(f"{scene.web.url}/", timeout=10)
    assert answer.status_code == 200, "the session is good by any clock that is a day off"
    assert Machine.objects.order_by("pk")[0].name in answer.text
    return answer.text


def is_late(scene: Scene) -> bool:
    return "The collector is late" in board(scene)


def asked_again(provider: Witness) -> Callable[[], bool]:
    """Whether every machine was asked since, whatever anybody's clock says."""
    before = provider.calls.last
    return lambda: (
        len({call.product for call in provider.calls.received("status", after=before)})
        == len([product for products in provider.projects.values() for product in products])
    )


@pytest.mark.parametrize("jump", JUMPS)
def test_a_collector_whose_clock_jumps_goes_on_and_its_death_is_seen(
    anna: User, provider: Witness, clock: Clock, tmp_path: Path, jump: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(tmp_path, anna, provider) as scene:
        start_again(scene.collector, clock.settings)
        await_freshness(scene)
        clock.jump(jump)
        eventually(lambda: all_jumped(jump), "its moments have jumped")
        eventually(asked_again(provider), "every machine is asked, whatever its clock says")
        press(scene)
        scene.collector.kill()
        eventually(lambda: is_late(scene), "the page says that nobody checks", LATE_SECONDS)
        start_again(scene.collector, {})
        began = time.monotonic()
        await_freshness(scene)
        took = time.monotonic() - began
        eventually(no_action_is_open, "the press has its end")
    assert one_call_for_each_action(provider)
    say(f"a collector's clock jumped by {jump} s: all was fresh {took:.1f} s after a new one began", capsys)


@pytest.mark.parametrize("jump", JUMPS)
def test_a_web_server_whose_clock_jumps_shows_nothing_as_fresh_and_its_presses_end(
    anna: User, provider: Witness, clock: Clock, tmp_path: Path, jump: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(tmp_path, anna, provider) as scene, ExitStack() as stack:
        scene.web.kill()
        scene.web = Simple(tmp_path, provider.api)
        scene.anna = scene.anna.at(scene.web)
        stack.callback(scene.web.kill)
        start_again(scene.web, clock.settings)
        await_freshness(scene)
        clock.jump(jump)
        assert is_late(scene), "by its clock no check was made just now"
        press(scene)
        eventually(no_action_is_open, "the press has its end")
        clock.jump(0)
        assert not is_late(scene)
    assert one_call_for_each_action(provider)
    ends = list(PowerAction.objects.values_list("state", "observed"))
    say(f"a web server's clock jumped by {jump} s: its press ended as {ends}", capsys)


class Simple(Web):
    """Django's own web server: libfaketime breaks the sleep of gunicorn's, until a moment of a clock that is true."""

    def command(self) -> list[str]:
        return [*MANAGE, "runserver", "--noreload", f"127.0.0.1:{self.port}"]


def start_again(server: Server, more: dict[str, str]) -> None:
    server.kill()
    server.more = more
    server.start()


def await_freshness(scene: Scene) -> None:
    now = timezone.now()
    eventually(lambda: all_heard_since(now) and not is_late(scene), "all is heard, and fresh")


def all_jumped(jump: int) -> bool:
    half = timezone.now() + timedelta(seconds=jump / 2)
    beyond = {"checked_at__gt": half} if jump > 0 else {"checked_at__lt": half}
    return not Status.objects.exclude(**beyond).exists()


def press(scene: Scene) -> None:
    machine = next(
        each for each in Machine.objects.order_by("pk") if scene.provider.machine(each.product).booted
    )
    answer = scene.anna.press(machine, "reboot", "nonce-of-a-day", **{"HX-Request": "true"})
    assert answer.status_code == 200


def no_action_is_open() -> bool:
    rows = PowerAction.objects.all()
    return (
        not rows.filter(state__in=["requested", "sent"]).exists()
        and not rows.filter(observed="watching").exists()
    )


def one_call_for_each_action(provider: Witness) -> bool:
    return len(provider.deeds) == PowerAction.objects.count() == 1
