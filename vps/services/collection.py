"""The collector: asks every machine again and again, with one thread for each call, and writes what it hears."""

import logging
import queue
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from vps import access
from vps.access import Reader, ReadGrant
from vps.models import TokenProject
from vps.services import console, history, interest, power, proofs, watching
from vps.services.asking import Answer, ask
from vps.services.budgets import Budgets
from vps.services.counting import Counts
from vps.services.hearing import Ears, is_sealed
from vps.services.interest import Audience
from vps.services.leases import Held, Leases, last_checks
from vps.services.patience import AWAY
from vps.services.purse import Purse
from vps.services.readings import tell_interval
from vps.services.rights import Rights
from vps.services.schedule import RECHECK_SECONDS, Schedule, Target
from vps.services.stopping import StopFlag

logger = logging.getLogger(__name__)

THREADS = 64
PLAN_SECONDS = 2.0
LOOK_SECONDS = 0.5
SWEEP_SECONDS = 5.0
TEND_SECONDS = 60.0
PAUSE_SECONDS = 0.05
RETRY_SECONDS = 1.0


class Collector:
    """`run` until `stop` is set; `run_once` asks each machine one time. All writing is done by the calling thread."""

    def __init__(self, threads: int = THREADS) -> None:
        self.stop = StopFlag()
        self.schedule = Schedule(
            settings.VPS_INTERVAL, settings.VPS_CALLS_PER_MINUTE, threads, settings.VPS_IDLE_INTERVAL, Purse
        )
        self._budgets = Budgets(self.schedule.paces)
        self.leases = Leases()
        self._audience = Audience()
        self._rights = Rights()
        self._shared: tuple[Sequence[Reader] | None, dict[int, Held]] = None, {}
        self._ears = Ears(self.schedule)
        self._counts = Counts()
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="check")
        self._answers: queue.SimpleQueue[tuple[Target | TokenProject, Answer]] = queue.SimpleQueue()
        self._under_way = 0
        self._listing: set[int] = set()
        self._begun: dict[str, float] = {}

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                self._step()
        finally:
            self._guarded(self._finish)

    def run_once(self) -> None:
        """Asks each machine once, as fast as the allowance carries, and waits for all answers. It takes no lease and
        needs none: beside collectors that run it is one check more."""
        try:
            self._plan(time.monotonic(), alone=True)
            waiting = {key for key in self.schedule.targets if not key[1]}
            while waiting and not self.stop.is_set():
                waiting -= {target.key for target in self._turn()}
        finally:
            self._finish()

    def _step(self) -> None:
        """Each part by itself: one that fails, and be it each time, does not keep the checks waiting."""
        chores = self._plan_if_due, self._look, self._sweep, self._tend, self._counts.write_if_due
        for part in (*chores, self._turn):
            self._guarded(part)

    def _is_due(self, part: str, seconds: float) -> bool:
        """Whether so long has passed since that was begun; if so, it is begun now."""
        now = time.monotonic()
        due = now - self._begun.get(part, float("-inf")) >= seconds
        if due:
            self._begun[part] = now
        return due

    def _plan_if_due(self) -> None:
        if self._is_due("plan", PLAN_SECONDS):
            self._plan(time.monotonic())

    def _look(self) -> None:
        if self._is_due("look", LOOK_SECONDS):
            self.schedule.watch(watching.machines_in_motion(), time.monotonic())
            self.schedule.attend(self._audience.watched(), time.monotonic())

    def _sweep(self) -> None:
        """Each collector does, as each row is ended once only."""
        if self._is_due("sweep", SWEEP_SECONDS):
            power.sweep_actions(timezone.now())
            watching.end_old_watches(timezone.now())
            console.sweep_consoles(timezone.now())

    def _tend(self) -> None:
        """The eldest alone does: two would wait for each other's locks."""
        if self.leases.eldest and self._is_due("tend", TEND_SECONDS):
            if history.tend_history():
                del self._begun["tend"]  # there is more to do
            else:
                interest.forget_interest()

    def _turn(self) -> list[Target]:
        """Sends what is due, takes what came back; returns the targets that were heard of."""
        now = time.monotonic()
        self._budgets.draw(self.schedule.waiting(now), now)
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

    def _guarded(self, work: Callable[[], object]) -> None:
        """Nothing stops the collector: a database that is away or locked is waited for, the rest is logged."""
        try:
            work()
        except AWAY as error:
            logger.error("the database is away; what was heard is kept: %s", error)  # noqa: TRY400
            connection.close()
            self.stop.wait(RETRY_SECONDS)
        except Exception:  # one turn that fails must not end the checks of all machines
            logger.exception("a turn of the collector failed; going on")
            self.stop.wait(RETRY_SECONDS)

    def _plan(self, now: float, *, alone: bool = False) -> None:
        """Who may read what, which of it is this collector's, and which listings are due."""
        self._rights.look(now)
        if alone:
            self.schedule.plan(self._rights.readers, now)
        else:
            self.leases.renew(self._rights.machines, self.schedule.busy | self._ears.unwritten, now)
            self._share(now)
        for interval, wanted, machines in self.schedule.slowed(now):
            self._ears.write()  # what was heard before, and is not written yet, must not undo it
            tell_interval(machines, interval, wanted, timezone.now())
        self._list(now)

    def _list(self, now: float) -> None:
        due = access.listings_due(timezone.now() - timedelta(seconds=RECHECK_SECONDS))
        projects = [project for project in due if project.pk not in self._listing]
        paces = {project.token_id: self.schedule.pace(project.token_id, now) for project in projects}
        self._budgets.ask(Counter(project.token_id for project in projects), now)
        for project in projects:
            if self._free <= 0 or not paces[project.token_id].take(now):
                continue
            if proofs.claim_listing(project, RECHECK_SECONDS):
                self._listing.add(project.pk)
                self._submit(project, access.listing_grant(project.token, project.project))

    def _share(self, now: float) -> None:
        """Plans anew where rights or leases are others than when it was last planned."""
        readers, held = self._rights.readers, dict(self.leases.held)
        if self._shared[0] is readers and self._shared[1] == held:
            return
        claimed = {pk for pk, lease in held.items() if self._shared[1].get(pk) != lease}
        self.schedule.plan(readers, now, held, last_checks(claimed, now))
        self._shared = readers, held

    def _submit(self, what: Target | TokenProject, grant: ReadGrant) -> None:
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
            self._counts.count(token_of(what), answer)
            if isinstance(what, Target):
                if self._ears.hear(what, answer, time.monotonic()):
                    heard.append(what)
            else:
                self._take_listing(what, answer, time.monotonic())

    def _take_listing(self, project: TokenProject, answer: Answer, now: float) -> None:
        self._listing.discard(project.pk)
        grant = access.listing_grant(project.token, project.project)
        if self.schedule.is_current(grant):
            self.schedule.learn(project.token_id, answer, now)
        if answer.reply is not None:
            self._ears.good(project.token_id, grant.sealed)
        if is_sealed(answer.error):
            _try_later(project)  # the operator's keys are wrong: that tells nothing of the token
            return
        try:
            proofs.take_listing(project, answer)
        except AWAY:
            raise
        except Exception:  # one listing that cannot be written must not stop the rest
            logger.exception("a listing of project %s could not be written", project.project)
            _try_later(project)

    def _finish(self) -> None:
        """Waits for the calls under way (each has a deadline), writes what they brought, gives the machines back."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._drain()
        self._ears.write()
        self.leases.release()
        self._budgets.close(time.monotonic())
        self._counts.write()


def token_of(what: Target | TokenProject) -> UUID:
    """The token that asked."""
    if isinstance(what, Target):
        return (what.asked or what.reader).grant.token_id
    return what.token_id


def _try_later(project: TokenProject) -> None:
    """It is listed again when all others are, not at once."""
    TokenProject.objects.filter(pk=project.pk).update(checked_at=timezone.now())
