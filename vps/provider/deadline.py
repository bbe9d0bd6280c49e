"""A real deadline for a whole call.

A socket's timeout starts anew with each byte, so a server that drips can hold a caller for ever. One thread
watches all calls under way and shuts the socket of an overdue one down, which wakes whoever waits on it.
"""

import heapq
import itertools
import os
import socket
import threading
import time
from contextlib import suppress
from enum import IntEnum


class Stage(IntEnum):
    """How far a call came; from WRITING on the provider may have acted."""

    CONNECTING = 1
    SECURING = 2
    WRITING = 3
    READING = 4  # the head of the answer is there


class Call:
    """One call under way. Its own thread moves it on; the watchdog may expire it at any moment."""

    def __init__(self, seconds: float, connect_seconds: float) -> None:
        now = time.monotonic()
        self.ends_at = now + seconds
        self._connect_by = now + min(seconds, connect_seconds)
        self.stage = Stage.CONNECTING
        self.reused = False  # sent on a connection that had served an earlier call
        self.expired = False
        self.finished = False
        self._socket_fd: int | None = None
        self._lock = threading.Lock()

    def remaining(self) -> float:
        """Seconds left, never 0: a socket would take that for "do not wait at all"."""
        return max(self.ends_at - time.monotonic(), 0.001)

    def remaining_to_connect(self) -> float:
        """Seconds left for name, connection and TLS; TimeoutError if there are none."""
        seconds = self._connect_by - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def runs_on(self, sock: socket.socket) -> None:
        """From now on this socket is the one to shut down."""
        # A duplicate is ours to close, so that its number cannot mean another socket when it is needed,
        # and it survives that TLS takes the original over.
        fd = os.dup(sock.fileno())
        with self._lock:
            self._drop_socket()
            self._socket_fd = fd
            if self.expired:
                self._shut_down()

    def expire(self) -> None:
        """End the call now, if it has not ended."""
        with self._lock:
            if not self.finished:
                self.expired = True
                self._shut_down()

    def finish(self) -> None:
        """The call is over, and can no longer expire."""
        with self._lock:
            self.finished = True
            self._drop_socket()

    def _shut_down(self) -> None:
        if self._socket_fd is not None:
            with suppress(OSError), socket.socket(fileno=os.dup(self._socket_fd)) as sock:
                sock.shutdown(socket.SHUT_RDWR)

    def _drop_socket(self) -> None:
        if self._socket_fd is not None:
            os.close(self._socket_fd)
            self._socket_fd = None


class Watchdog:
    """One thread for all calls, however many; it sleeps until the first of them is due."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._calls: list[tuple[float, int, Call]] = []
        self._numbers = itertools.count()  # calls of the same moment are not compared
        self._thread: threading.Thread | None = None

    def watch(self, call: Call) -> None:
        with self._changed:
            heapq.heappush(self._calls, (call.ends_at, next(self._numbers), call))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="provider-deadlines", daemon=True)
                self._thread.start()
            elif self._calls[0][2] is call:
                self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while True:
                self._changed.wait(self._seconds_to_next())
                self._expire_overdue()

    def _seconds_to_next(self) -> float | None:
        # Calls that ended well stay until they come to the front: taking them out at once would cost more.
        while self._calls and self._calls[0][2].finished:
            heapq.heappop(self._calls)
        return max(self._calls[0][0] - time.monotonic(), 0.0) if self._calls else None

    def _expire_overdue(self) -> None:
        while self._calls and self._calls[0][0] <= time.monotonic():
            heapq.heappop(self._calls)[2].expire()


_watchdog = Watchdog()


def _renew() -> None:
    """A forked process has no watchdog thread, and may have copied a locked lock."""
    global _watchdog
    _watchdog = Watchdog()


os.register_at_fork(after_in_child=_renew)


def watch(call: Call) -> None:
    """End `call` when its time is over, unless it has finished before."""
    _watchdog.watch(call)
