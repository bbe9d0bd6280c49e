"""An invented past, for the demo alone: as its pretend machines are new, and charts of them would be empty."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import pi, sin

from vps.models import Machine, Sample, StateChange
from vps.models.sample import RAW

HOUR, DAY = 3600, 86400
# Tier, and how far back; checks are invented each 30 s.
INVENTED = ((RAW, HOUR), (60, DAY), (600, 7 * DAY), (7200, 90 * DAY))
CHECK = 30
BATCH = 2000
UNHEARD = (49 * HOUR, 51 * HOUR)  # ages between which no collector ran


@dataclass(frozen=True)
class Pretend:
    """A machine as it was first heard of, which its past leads to; `off`: ages in seconds between which it was
    stopped."""

    machine: Machine
    heard: Sample
    off: tuple[tuple[int, int], ...]


def all_asked() -> bool:
    """Whether the collector has asked for every machine by now: what it heard first is what the past leads to."""
    return not Machine.objects.filter(status__checked_at=None).exists()


def invent_past(now: datetime) -> int:
    """For every machine that was heard of; returns how many samples. To be called once."""
    first: dict[int, Sample] = {}
    for sample in Sample.objects.filter(tier=RAW, cpu__isnull=False).order_by("-time"):
        first[sample.machine_id] = sample
    machines = Machine.objects.select_related("status").in_bulk(first)
    pretended = [
        Pretend(machine, first[pk], _off(pk, machine.status.word)) for pk, machine in machines.items()
    ]
    samples = (sample for each in pretended for sample in _samples(each, now))
    number = 0
    while batch := list(islice(samples, BATCH)):
        number += len(Sample.objects.bulk_create(batch, ignore_conflicts=True))
    StateChange.objects.bulk_create(_changes(pretended, now))
    Machine.objects.filter(pk__in=machines).update(first_seen=now - timedelta(days=90))
    return number


def _off(number: int, word: str) -> tuple[tuple[int, int], ...]:
    """Some were stopped yesterday, some weeks ago; one that is stopped is so for five hours."""
    ages = [(26 * HOUR, 30 * HOUR)] if number % 4 == 1 else []
    ages += [(19 * DAY, 20 * DAY)] if number % 3 == 2 else []
    return tuple(ages + ([(0, 5 * HOUR)] if word == "stopped" else []))


def _samples(each: Pretend, now: datetime) -> Iterator[Sample]:
    for tier, span in INVENTED:
        step = CHECK if tier == RAW else tier
        newest = min(each.heard.time, now).timestamp() // step * step
        for number in range(span // step):
            end = newest - number * step
            if not UNHEARD[0] < now.timestamp() - end < UNHEARD[1]:
                yield _sample(each, tier, step, end, now.timestamp() - end)


def _sample(each: Pretend, tier: int, step: int, end: float, age: float) -> Sample:
    heard, off = each.heard, any(begin <= age < over for begin, over in each.off)
    noise = (int(end) * 2654435761 ^ each.machine.pk * 40503) % 1000 / 1000
    wave = sin(2 * pi * age / DAY + each.machine.pk)
    cpu = 0.0 if off else min(100.0, max(1.0, (heard.cpu or 15.0) * (0.8 + 0.3 * wave) + 6 * noise))
    drift = 0.0 if off else 1 - 0.12 * sin(2 * pi * age / (3 * DAY)) ** 2
    memory = (heard.memory_percent or 40.0) * drift
    return Sample(
        machine=each.machine,
        tier=tier,
        time=datetime.fromtimestamp(end, UTC),
        cpu=cpu,
        cpu_most=None if tier == RAW else min(100.0, cpu * (1.2 + noise)),
        memory_percent=memory,
        memory_most=None if tier == RAW else memory,
        memory_used=(heard.memory_used or 0.0) * drift,
        disk=round((heard.disk or 0) * (1 - 0.2 * age / (90 * DAY))),
        up=0.0 if off else float(step),
        down=float(step) if off else 0.0,
    )


def _changes(pretended: Iterable[Pretend], now: datetime) -> Iterator[StateChange]:
    for each in pretended:
        for over, begin in each.off:
            yield StateChange(machine=each.machine, at=now - timedelta(seconds=begin), word="stopped")
            if over:
                yield StateChange(machine=each.machine, at=now - timedelta(seconds=over), word="running")
