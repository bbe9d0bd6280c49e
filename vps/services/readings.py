"""What a check of a machine told, and how it is written: status, timeline and samples, many at once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from vps.models import Access, Revision, Sample, StateChange, Status
from vps.provider import errors
from vps.provider.replies import Status as Reply
from vps.services import figures
from vps.services.leases import Held, lock_leases
from vps.services.reboots import new_boot, write_reboots
from vps.services.rows import insert_rows
from vps.services.sparks import spark_means
from vps.services.watching import Check, observe

BATCH = 500
ANSWER_SECONDS = 6.0  # the deadline of a call, and the time until it is written
MISSED_MEANS_GONE = 2
PROOF_SECONDS = 60

P = Status.Problem
PROBLEMS: dict[str, Status.Problem] = {
    errors.TokenRefused.code: P.REFUSED,
    errors.NotAllowed.code: P.REFUSED,
    errors.NotFound.code: P.GONE,
    errors.RateLimited.code: P.LIMITED,
    errors.Unreachable.code: P.UNREACHABLE,
}


@dataclass(frozen=True)
class Reading:
    """One check of one machine with one token: a reply, or why there is none. `interval` and `wait` are seconds:
    how often the machine is checked now, and how long until its next check. `took`: seconds from asking to `at`.
    `since`: when the check before it was, where that is known better than from the status row, whose moments are those
    of whole batches. `wanted`: how often it would be checked if the provider allowed it, in seconds; None: as before.
    `held`: the lease by which it was asked, if it was; who has lost it meanwhile writes nothing."""

    machine_id: int
    access_id: int
    at: datetime
    interval: float
    wait: float
    reply: Reply | None = None
    error: errors.ProviderError | None = None
    since: datetime | None = None
    token_id: UUID | None = None
    took: float = 0.0
    wanted: float | None = None
    held: Held | None = None

    @property
    def asked(self) -> datetime:
        return self.at - timedelta(seconds=self.took)


def write_readings(readings: Sequence[Reading]) -> int:
    """Writes all of them in transactions of at most 500; returns how many cards changed."""
    newest = {reading.machine_id: reading for reading in sorted(readings, key=lambda r: r.at)}
    ordered = sorted(newest.values(), key=lambda r: r.machine_id)
    return sum(_write_batch(ordered[start : start + BATCH]) for start in range(0, len(ordered), BATCH))


@transaction.atomic
def _write_batch(readings: Sequence[Reading]) -> int:
    # The counter's row is locked first, so that all writers queue here instead of at each other's rows.
    revision = Revision.take()
    still = lock_leases({r.machine_id: r.held for r in readings if r.held})
    readings = [r for r in readings if r.held is None or r.machine_id in still]
    rows = Status.objects.annotate(missed=F("machine__missed")).in_bulk([r.machine_id for r in readings])
    known = [(r, rows[r.machine_id]) for r in readings if r.machine_id in rows]
    samples = [_sample(reading, row) for reading, row in known]
    insert_rows(samples, key=["machine", "tier", "time"])
    means = spark_means({row: reading.at for reading, row in known})
    ended = observe(Check(r.machine_id, r.asked, r.at, r.reply) for r, _row in known)
    ended |= write_reboots(
        boot for r, row in known if r.reply and (boot := new_boot(row, r.reply, r.asked, r.at))
    )
    changed: list[Status] = []
    quiet: dict[tuple[bool, float, float, float], list[Reading]] = defaultdict(list)
    for reading, row in known:
        before, drawn_at = _shown(row), row.spark_at
        _apply(reading, row, means)
        if _shown(row) != before or row.machine_id in ended:
            row.revision = revision
        elif row.spark_at == drawn_at:
            quiet[reading.reply is not None, reading.interval, reading.wait, row.wanted].append(reading)
            continue
        changed.append(row)
    _write_changed(changed)
    for (heard, interval, wait, wanted), group in quiet.items():
        _touch(group, heard, interval, wait, wanted)
    _write_proofs([reading for reading, _row in known if reading.reply])
    return sum(row.revision == revision for row in changed)


def _shown(row: Status) -> tuple[object, ...]:
    """Everything that a card or the machine page's rare facts show."""
    return (
        *(row.word, row.problem, row.reason, row.said, row.since, row.booted_at),
        *(row.cpu, row.memory, row.disk),
        *(row.agent, row.version, row.cpus, row.memory_total, row.maxdisk, tuple(row.spark)),
    )


def lateness(interval: float) -> timedelta:
    """How long after it was due a check is late: another interval, but never before a slow answer can have come."""
    return timedelta(seconds=max(interval, ANSWER_SECONDS))


def _apply(reading: Reading, row: Status, means: dict[int, float | None]) -> None:
    before = (row.word, row.problem)
    row.checked_at = reading.at
    row.interval = reading.interval
    row.wanted = row.wanted if reading.wanted is None else reading.wanted
    row.due_at = reading.at + timedelta(seconds=reading.wait)
    row.late_at = row.due_at + lateness(reading.interval)
    if reading.reply is None:
        _apply_error(reading.error, reading.token_id, row)
    else:
        _apply_reply(reading.reply, reading.at, row)
    if (row.word, row.problem) != before:
        row.since = reading.at
    if row.machine_id in means:
        row.spark = figures.redrawn(row.spark, row.spark_at, reading.at, means[row.machine_id])
        row.spark_at = reading.at


def _apply_error(error: errors.ProviderError | None, token_id: UUID | None, row: Status) -> None:
    code = error.code if error else ""
    row.problem = PROBLEMS.get(code, P.UNREADABLE)
    missed: int = getattr(row, "missed")  # noqa: B009  # an annotation of the query
    if missed >= MISSED_MEANS_GONE and code in (errors.NotAllowed.code, errors.Refused.code):
        row.problem = P.GONE  # some providers answer so for what they no longer list
    row.reason = (getattr(error, "reason", "") or code)[:32]
    row.said = error.said if error else ""
    row.said_to = token_id if row.said else None


def _apply_reply(reply: Reply, at: datetime, row: Status) -> None:
    row.word, row.problem, row.reason, row.said, row.said_to = reply.status, P.NONE, "", "", None
    row.heard_at = at
    off = reply.status == "stopped"
    row.booted_at = None if off else figures.booted_at(at, reply.uptime, row.booted_at)
    row.cpu = None if off else figures.stepped(reply.cpu, row.cpu)
    row.memory = None if off else figures.stepped(reply.memory_percent, row.memory)
    row.disk = figures.stepped(figures.share(reply.disk, reply.maxdisk), row.disk)
    row.agent, row.version, row.cpus = reply.agent, reply.version, reply.cpus
    row.memory_total, row.maxdisk = reply.memory_total, reply.maxdisk


def _sample(reading: Reading, row: Status) -> Sample:
    """A point of history, before the row is changed: the time since the last check counts as what was heard now,
    but no further back than two intervals, as they are or were until now; before that nothing is known."""
    since = reading.since or row.checked_at
    passed = max((reading.at - since).total_seconds(), 0.0) if since else reading.interval
    told = min(passed, 2 * max(reading.interval, row.interval))
    sample = Sample(machine_id=row.machine_id, time=reading.at, unknown=passed - told)
    reply = reading.reply
    if reply is None or reply.status not in ("running", "stopped"):
        sample.unknown = passed
    elif reply.status == "running":
        sample.up = told
    else:
        sample.down = told
    if reply is not None:
        sample.cpu, sample.disk, sample.uptime = reply.cpu, reply.disk, reply.uptime
        sample.memory_used, sample.memory_percent = reply.memory_used, reply.memory_percent
    return sample


@transaction.atomic
def tell_interval(machine_ids: Sequence[int], interval: float, wanted: float, at: datetime) -> None:
    """From now on these machines are checked so seldom and not as `wanted`, because the provider allows no more: none
    of them is late before that time is over, and a card that waits for its first answer says the new one."""
    revision, due = Revision.take(), at + timedelta(seconds=interval)
    for start in range(0, len(machine_ids), BATCH):
        rows = Status.objects.filter(machine__in=machine_ids[start : start + BATCH], due_at__lt=due)
        rows.filter(checked_at=None).update(revision=revision)
        rows.update(interval=interval, wanted=wanted, due_at=due, late_at=due + lateness(interval))


STATUS_FIELDS = [field.name for field in Status._meta.concrete_fields if not field.primary_key]


def _write_changed(rows: list[Status]) -> None:
    if not rows:
        return
    insert_rows(rows, key=["machine"], update=STATUS_FIELDS)
    moved = [row for row in rows if row.since == row.checked_at]
    StateChange.objects.bulk_create(
        StateChange(
            machine_id=row.machine_id,
            at=row.since,
            word=row.word,
            problem=row.problem,
            reason=row.reason,
            said=row.said,
            said_to=row.said_to,
        )
        for row in moved
        if row.since is not None
    )


def _touch(group: list[Reading], heard: bool, interval: float, wait: float, wanted: float) -> None:
    """One UPDATE for all that changed nothing."""
    at = max(reading.at for reading in group)
    due = at + timedelta(seconds=wait)
    moments = {
        "checked_at": at,
        "due_at": due,
        "late_at": due + lateness(interval),
        "interval": interval,
        "wanted": wanted,
    }
    if heard:
        moments["heard_at"] = at
    Status.objects.filter(machine__in=[reading.machine_id for reading in group]).update(**moments)


def _write_proofs(readings: list[Reading]) -> None:
    """A reply proves the access anew; once a minute is enough to know."""
    if readings:
        at = max(reading.at for reading in readings)
        old = Access.objects.filter(
            pk__in=[r.access_id for r in readings], proved_at__lt=at - timedelta(seconds=PROOF_SECONDS)
        )
        old.update(proved_at=at)
