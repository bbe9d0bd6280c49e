"""What the collector makes of an answer: a reading to write, a refusal to note, the time of the next check."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from vps.provider import errors
from vps.provider.rates import Rate
from vps.provider.replies import Status
from vps.services import refusals
from vps.services.checks import Answer
from vps.services.readings import Reading, write_readings
from vps.services.schedule import Schedule, Target

WRITE_SECONDS = 0.5
WRITE_READINGS = 250
USE_SECONDS = 60.0


class Ears:
    """Gathers readings and writes them many at once: at the latest half a second after the first."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._readings: list[Reading] = []
        self._first_at = 0.0
        self._used: dict[UUID, float] = {}

    def hear(self, target: Target, answer: Answer, now: float) -> None:
        reader = target.reader
        self._schedule.learn(reader.grant.token_id, answer, now)
        if self._refused(target, answer):
            # the other token is asked at once, and only its answer is written
            self._schedule.finish(target, now)
            return
        if answer.reply is not None and reader.refused:
            refusals.accept(reader.grant.token_id, reader.access_id, answer.at)
        interval = self._schedule.interval(target, now)
        wait = max(interval, self._schedule.pace(reader.grant.token_id, now).blocked_until - now)
        self._schedule.finish(target, now + wait)
        if not target.access_id:
            self._keep(target, answer, interval, wait, now)
        self._note_use(reader.grant.token_id, answer.at, now)

    def hold_up(self, target: Target, now: float) -> None:
        """Its token's limit forbids a check for so long that its card must say so."""
        if target.access_id:
            return
        answer = Answer(timezone.now(), Rate(), error=errors.RateLimited("waiting"))
        self._keep(target, answer, self._schedule.interval(target, now), target.due - now, now)

    def write_if_due(self, now: float) -> None:
        if self._readings and (
            now - self._first_at >= WRITE_SECONDS or len(self._readings) >= WRITE_READINGS
        ):
            self.write()

    def write(self) -> None:
        readings, self._readings = self._readings, []
        if readings:
            write_readings(readings)

    def forget(self) -> None:
        self._readings.clear()

    def _refused(self, target: Target, answer: Answer) -> bool:
        """Notes a refusal; true if another token takes over."""
        reader = target.reader
        if isinstance(answer.error, errors.TokenRefused):
            refusals.refuse_token(reader.grant.token_id, reader.grant.sealed, answer.at, answer.error.said)
        elif isinstance(answer.error, errors.NotAllowed):
            refusals.refuse_access(reader.access_id, answer.at, answer.error.said)
        else:
            return False
        target.refuse(reader.access_id)
        return not target.reader.refused

    def _keep(self, target: Target, answer: Answer, interval: float, wait: float, now: float) -> None:
        if not self._readings:
            self._first_at = now
        reader = target.reader
        reply = answer.reply if isinstance(answer.reply, Status) else None
        self._readings.append(
            Reading(
                machine_id=target.machine_id,
                access_id=reader.access_id,
                at=answer.at,
                interval=interval,
                wait=float(round(wait)),
                reply=reply,
                error=answer.error,
            )
        )

    def _note_use(self, token_id: UUID, at: datetime, now: float) -> None:
        if now - self._used.get(token_id, float("-inf")) >= USE_SECONDS:
            self._used[token_id] = now
            refusals.use_token(token_id, at)
