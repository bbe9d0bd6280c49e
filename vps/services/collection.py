"""The collector: asks every machine again and again, with one thread for each call, and writes what it hears."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from vps import access
from vps.access import Grant
from vps.models import TokenProject
from vps.services import history, proofs
from vps.services.checks import Answer, ask
from vps.services.hearing import Ears
from vps.services.readings import tell_interval
from vps.services.schedule import RECHECK_SECONDS, Schedule, Target

logger = logging.getLogger(__name__)

THREADS = 64
PLAN_SECONDS = 2.0
PRUNE_SECONDS = 60.0
PAUSE_SECONDS = 0.05
DATABASE_RETRY_SECONDS = 1.0


class Collector:
    """`run` until `stop` is set; `run_once` asks each machine one time. All writing is done by the calling thread."""

    def __init__(self, threads: int = THREADS) -> None:
        self.stop = threading.Event()
        self.schedule = Schedule(settings.VPS_INTERVAL, settings.VPS_CALLS_PER_MINUTE)
        self._ears = Ears(self.schedule)
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="check")
        self._answers: queue.SimpleQueue[tuple[Target | TokenProject, Answer]] = queue.SimpleQueue()
        self._under_way = 0
        self._listing: set[int] = set()
        self._planned = self._pruned = float("-inf")

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                self._guarded(self._step)
        finally:
            self._guarded(self._finish)

    def run_once(self) -> None:
        """Asks each machine once, as fast as the allowance carries, and waits for all answers."""
        try:
            self._plan(time.monotonic())
            waiting = {key for key in self.schedule.targets if not key[1]}
            while waiting and not self.stop.is_set():
                waiting -= {target.key for target in self._turn()}
        finally:
            self._finish()

    def _step(self) -> None:
        now = time.monotonic()
        if now - self._planned >= PLAN_SECONDS:
            self._plan(now)
        if now - self._pruned >= PRUNE_SECONDS:
            history.prune_samples(timezone.now())
            self._pruned = now
        self._turn()

    def _turn(self) -> list[Target]:
        """Sends what is due, takes what came back; returns the targets that were heard of."""
        now = time.monotonic()
        for target in self.schedule.due(now, self._free):
            if target.asked:
                self._submit(target, target.asked.grant)
        heard = self._drain()
        for target in self.schedule.held_up(now):
            self._ears.hold_up(target, now)
            heard.append(target)
        self._ears.write_if_due(time.monotonic())
        return heard

    @property
    def _free(self) -> int:
        return self._threads - self._under_way

    def _guarded(self, work: Callable[[], None]) -> None:
        """A database that is away or locked is waited for; what was heard meanwhile is lost, and asked again."""
        try:
            work()
        except (OperationalError, InterfaceError):
            logger.exception("the database did not take what was collected; going on")
            self._ears.forget()
            connection.close()
            self.stop.wait(DATABASE_RETRY_SECONDS)

    def _plan(self, now: float) -> None:
        self._planned = now
        self.schedule.plan(access.machine_readers(), now)
        for interval, machines in self.schedule.slowed(now):
            tell_interval(machines, interval, timezone.now())
        for project in access.listings_due(timezone.now() - timedelta(seconds=RECHECK_SECONDS)):
            pace = self.schedule.pace(project.token_id, now)
            if project.pk not in self._listing and self._free > 0 and pace.take(now):
                self._listing.add(project.pk)
                self._submit(project, access.listing_grant(project.token, project.project))

    def _submit(self, what: Target | TokenProject, grant: Grant) -> None:
        self._under_way += 1

        def hand_over(future: Future[Answer]) -> None:
            if not future.cancelled():
                self._answers.put((what, future.result()))

        self._pool.submit(ask, grant).add_done_callback(hand_over)

    def _drain(self) -> list[Target]:
        """Takes all that has been answered, waiting a moment for the first."""
        heard: list[Target] = []
        timeout = PAUSE_SECONDS
        while True:
            try:
                what, answer = self._answers.get(timeout=timeout)
            except queue.Empty:
                return heard
            timeout = 0.0
            self._under_way -= 1
            if isinstance(what, Target):
                if self._ears.hear(what, answer, time.monotonic()):
                    heard.append(what)
            else:
                self._listing.discard(what.pk)
                self.schedule.learn(what.token_id, answer, time.monotonic())
                proofs.take_listing(what, answer)

    def _finish(self) -> None:
        """Waits for the calls under way, each of which has its deadline, and writes what they brought."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._drain()
        self._ears.write()
