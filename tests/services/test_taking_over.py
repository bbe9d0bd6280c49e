"""Another collector goes on with a machine, or somebody begins to look at it: no call is made twice for that."""

import uuid
from itertools import pairwise

import pytest

from tests.services.collector_kit import Round, reader
from vps.access import Reader
from vps.services.leases import Held

ANNA = uuid.UUID(int=1)
FREELY = 60_000.0
MACHINES = range(1, 101)
READERS: list[Reader] = [reader(number, ANNA) for number in MACHINES]


def round_of(idle: float) -> Round:
    return Round(calls_per_minute=FREELY, idle=idle)


def take_over(before: Round, ahead: float, inexact: float) -> Round:
    """One whose clock is so far ahead takes all machines: it knows when each was asked, and when it is due, from rows
    that are written for many together."""
    after = round_of(before.schedule.loads.idle)
    after.now = before.now + ahead
    targets = before.schedule.targets.values()
    checks = {t.machine_id: (t.asked_at + ahead, t.due + ahead + inexact) for t in targets}
    held = {number: Held(ANNA, 2) for number in MACHINES}
    after.schedule.plan(READERS, after.now, held, checks)
    return after


@pytest.mark.parametrize("idle", [10.0, 60.0])
@pytest.mark.parametrize("ahead", [0.0, 3.3, 1234.5])
@pytest.mark.parametrize("inexact", [-0.6, 0.0, 0.6])
def test_who_takes_over_asks_no_machine_twice_and_none_late(
    idle: float, ahead: float, inexact: float
) -> None:
    before = round_of(idle)
    before.plan(READERS)
    before.run(2 * idle)
    after = take_over(before, ahead, inexact)
    after.run(4 * idle)
    for machine in MACHINES:
        times = [at + ahead for at in before.times(machine)][-2:] + after.times(machine)
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert min(gaps) >= idle / 2 - 0.2
        assert max(gaps) <= idle + 2.4
    if not ahead:
        assert len(after.sent) <= 4.02 * len(MACHINES)


def test_who_begins_to_be_watched_is_not_asked_twice_either() -> None:
    round_ = round_of(60.0)
    round_.plan(READERS)
    round_.run(150)
    begin = round_.now
    round_.schedule.attend(frozenset(MACHINES), begin)
    round_.run(60)
    for machine in MACHINES:
        times = [at for at in round_.times(machine) if at >= begin]
        assert min(later - earlier for earlier, later in pairwise(times)) >= 4.8
