"""The flag that a signal handler sets."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tests.services.collector_kit import PATIENCE
from vps.services.stopping import StopFlag


@contextmanager
def on_alarm(flag: StopFlag) -> Iterator[None]:
    """A signal in a tenth of a second, whose handler sets the flag: in the very thread that waits."""

    def handle(number: int, frame: FrameType | None) -> None:
        flag.set()

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_wait_ends_when_a_signal_handler_sets_the_flag() -> None:
    flag, began = StopFlag(), time.monotonic()
    with on_alarm(flag):
        assert flag.wait(600)
    assert time.monotonic() - began < PATIENCE


def test_a_wait_ends_when_another_thread_sets_the_flag() -> None:
    flag = StopFlag()
    waiting = threading.Thread(target=flag.wait, args=(600,))
    waiting.start()
    flag.set()
    waiting.join(PATIENCE)
    assert not waiting.is_alive()


def test_a_wait_that_nothing_ends_lasts_its_time() -> None:
    flag, began = StopFlag(), time.monotonic()
    assert not flag.wait(0.1)
    assert time.monotonic() - began >= 0.1
    assert not flag.is_set()


def test_the_flag_is_set_even_while_its_own_thread_is_being_told_to_stop() -> None:
    """A second signal that comes within the handler of the first blocks nothing."""
    flag = StopFlag()

    def handle(number: int, frame: FrameType | None) -> None:
        if not flag.is_set():
            flag.set()
            os.kill(os.getpid(), number)

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        os.kill(os.getpid(), signal.SIGUSR1)
        assert flag.wait(PATIENCE)
    finally:
        signal.signal(signal.SIGUSR1, before)
