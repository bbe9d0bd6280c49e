"""What the collector makes of an answer: a reading to write, a refusal to note, the time of the next check."""

import logging
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from vps.access import Grant, Reader
from vps.provider import errors
from vps.provider.rates import Rate
from vps.provider.replies import Status
from vps.services import refusals
from vps.services.asking import Answer
from vps.services.breaker import is_failure
from vps.services.leases import Held, holding
from vps.services.patience import AWAY
from vps.services.readings import ANSWER_SECONDS, Reading, write_readings
from vps.services.schedule import Schedule, Target
from vps.services.targets import reads_any
from vps.services.words import SEAL, WAITING

logger = logging.getLogger(__name__)

WRITE_SECONDS = 0.5
SOON_SECONDS = 0.1
WRITE_READINGS = 250
USE_SECONDS = 60.0


class Ears:
    """Gathers readings and writes them many at once: at the latest half a second after the first, and sooner where
    somebody waits for a machine in motion."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._readings: list[Reading] = []
        self._write_at = 0.0
        self._used: dict[UUID, float] = {}
        # by which lease, and when exactly, each machine's last written check was
        self._written: dict[int, tuple[Held | None, datetime]] = {}
        # where a token, as sealed, is refused without any good answer: when one is overdue, and since when it is so
        self._refusing: dict[tuple[UUID, bytes], tuple[float, datetime]] = {}
        self._refused: set[UUID] = set()

    def hear(self, target: Target, answer: Answer, now: float) -> bool:
        """Takes the answer to what `target.asked`. False if another token takes over: it is asked at once, and only
        its answer is written."""
        reader = target.asked or target.reader
        if self._schedule.is_current(reader.grant):
            self._schedule.learn(reader.grant.token_id, answer, now, target.machine_id)
        target.failure = answer.error if is_failure(answer.error) else None
        refused = _is_refused(target, reader, answer)
        if refused or answer.reply is not None:
            target.mark(reader.access_id, refused=refused)
        free = self._schedule.free_reader(target, now)
        if self._is_stopped(reader, answer, now):
            passed_on = not target.access_id and bool(free)
        else:
            passed_on = refused and not target.reader.refused
        if passed_on:
            self._schedule.finish(target, now)
        else:
            target.prefer(free)  # its token may be blocked since it was asked, and another reads it
            interval = self._schedule.interval(target, now)
            due = self._schedule.next_due(target, interval, now)
            self._schedule.finish(target, due)
            self._keep(target, reader, answer, interval, due - now, now)
        # The database comes last: should it fail, the machine is asked again all the same.
        self._note(target, reader, answer, refused, now)
        self._note_use(reader.grant.token_id, answer.at, now)
        return not passed_on

    def _is_stopped(self, reader: Reader, answer: Answer, now: float) -> bool:
        """Whether this answer tells why its token's checks have stopped."""
        if isinstance(answer.error, errors.RateLimited):
            return True
        return is_failure(answer.error) and self._schedule.pace(reader.grant.token_id, now).breaker.is_open

    def hold_up(self, target: Target, now: float) -> None:
        """Its token's limit, or its breaker, forbids a check for so long that its card must say so."""
        error: errors.ProviderError = errors.RateLimited(WAITING)
        if self._schedule.pace(target.reader.grant.token_id, now).breaker.is_open:
            error = target.failure or errors.Unreachable(WAITING)
        answer = Answer(timezone.now(), Rate(), error=error)
        interval = self._schedule.interval(target, now)
        self._keep(target, target.reader, answer, interval, target.due - now, now)

    @property
    def unwritten(self) -> set[int]:
        """The machines whose last check nobody else can know of yet."""
        return {reading.machine_id for reading in self._readings}

    def write_if_due(self, now: float) -> None:
        if self._readings and (now >= self._write_at or len(self._readings) >= WRITE_READINGS):
            self.write()

    def write(self) -> None:
        readings, self._readings = self._readings, []
        if not readings:
            return
        try:
            write_readings(readings)
        except AWAY:
            # the database is away: what each machine told last is written when it is back
            self._readings = list({reading.machine_id: reading for reading in readings}.values())
            raise
        except Exception:  # one that cannot be written must not take the others with it
            logger.exception("%d readings could not be written together: each is tried alone", len(readings))
            self._write_each(readings)
        else:
            self._remember(readings)

    def _write_each(self, readings: list[Reading]) -> None:
        while readings:
            try:
                if _write_alone(readings[0]):
                    self._remember(readings[:1])
            except AWAY:
                self._readings = readings  # away by now: the rest is written when it is back
                raise
            del readings[0]

    def _remember(self, readings: list[Reading]) -> None:
        self._written.update((reading.machine_id, (reading.held, reading.at)) for reading in readings)

    def good(self, token_id: UUID, sealed: bytes) -> None:
        """The provider has just answered to this token."""
        self._refusing.pop((token_id, sealed), None)

    def _note(self, target: Target, reader: Reader, answer: Answer, refused: bool, now: float) -> None:
        grant, error = reader.grant, answer.error
        if answer.reply is not None:
            self.good(grant.token_id, grant.sealed)
            if reader.refused or grant.token_id in self._refused:
                self._refused.discard(grant.token_id)
                with holding(target.machine_id, target.held) as held:
                    if held:
                        refusals.accept(grant.token_id, reader.access_id, answer.at)
        elif is_sealed(error):
            return  # the operator's keys are wrong, not the token: nothing to write down, and nothing to replace
        elif isinstance(error, errors.TokenRefused) and (since := self._worthless_since(grant, answer, now)):
            self._refused.add(grant.token_id)
            with holding(target.machine_id, target.held) as held:
                if held:
                    refusals.refuse_token(grant.token_id, grant.sealed, answer.at, error.said, since)
        elif refused and error is not None:
            with holding(target.machine_id, target.held) as held:
                if held:
                    refusals.refuse_access(reader.access_id, answer.at, error.said)

    def _worthless_since(self, grant: Grant, answer: Answer, now: float) -> datetime | None:
        """Since when a 401 is about the token and not about one machine: it is, where in a whole interval nothing else
        was answered, or no machine is left that the token reads."""
        targets = self._schedule.targets.values()
        overdue = now + self._schedule.loads.slowest(grant.token_id, targets, now) + ANSWER_SECONDS
        overdue, at = self._refusing.setdefault((grant.token_id, grant.sealed), (overdue, answer.at))
        worthless = now > overdue or not reads_any(grant.token_id, targets)
        if worthless and self._schedule.is_shared(grant.token_id):
            worthless = not refusals.reads_lately(grant.token_id, answer.at)  # through another collector
        return at if worthless else None

    def _keep(
        self, target: Target, reader: Reader, answer: Answer, interval: float, wait: float, now: float
    ) -> None:
        if target.access_id:
            return  # a proof of this access, not the machine's own check
        if not self._readings:
            self._write_at = now + WRITE_SECONDS
        if self._schedule.motion.holds(target):
            self._write_at = min(self._write_at, now + SOON_SECONDS)
        # under another lease, others may have checked it meanwhile
        lease, written_at = self._written.get(target.machine_id, (None, None))
        self._readings.append(
            Reading(
                machine_id=target.machine_id,
                access_id=reader.access_id,
                token_id=reader.grant.token_id,
                at=answer.at,
                interval=interval,
                wait=float(round(wait)),
                since=written_at if lease == target.held else None,
                reply=answer.reply if isinstance(answer.reply, Status) else None,
                error=answer.error,
                took=answer.took,
                wanted=self._schedule.loads.wanted_for(target),
                held=target.held,
            )
        )

    def _note_use(self, token_id: UUID, at: datetime, now: float) -> None:
        if now - self._used.get(token_id, float("-inf")) >= USE_SECONDS:
            self._used[token_id] = now
            refusals.use_token(token_id, at)


def _is_refused(target: Target, reader: Reader, answer: Answer) -> bool:
    """Whether the provider refuses the machine to this reader. 404 says so only where another token reads it, or is
    about to be asked: else the machine is gone for all."""
    if isinstance(answer.error, errors.NotFound):
        return bool(target.access_id) or target.has_other(reader)
    if is_sealed(answer.error):
        return target.has_other(reader)
    return isinstance(answer.error, errors.TokenRefused | errors.NotAllowed)


def is_sealed(error: errors.ProviderError | None) -> bool:
    """Whether the stored token did not open, so that nothing was asked."""
    return error is not None and error.reason == SEAL


def _write_alone(reading: Reading) -> bool:
    try:
        write_readings([reading])
    except AWAY:
        raise
    except Exception:
        logger.exception("a reading of machine %d could not be written", reading.machine_id)
        return False
    return True
