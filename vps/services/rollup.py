"""Rolls checks up into longer tiers of history: in the database, a batch of machines at a time.

A pass takes the checks written since the one before it, and makes anew each slot that they tell of, from all that the
finer tier holds; machine by machine, so that a slot is made once in a pass. It may be made any number of times, by
whomever, and a check that comes late is in it too; a batch that is cut off by a kill leaves nothing, and is done again.
"""

from datetime import datetime
from itertools import pairwise

from django.db import connection, transaction
from django.db.models.functions import Now

from vps.models import Sample, Tier
from vps.models.sample import RAW, TIERS

BATCH = 100  # machines; so that no check of another one waits long
CHECKS = 20_000  # the most that are looked at for it
LONGEST = 7200  # seconds that a check tells of: two of the longest intervals

DIALECTS = {
    "postgresql": {
        "epoch": "CAST(EXTRACT(EPOCH FROM {}) AS double precision)",
        "moment": "to_timestamp({})",
        "ceil": "CAST(CEIL({0}) AS bigint)",
        "least": "LEAST",
        "most": "GREATEST",
    },
    "sqlite": {
        "epoch": "ROUND((julianday({}) - 2440587.5) * 86400.0, 3)",
        "moment": "datetime({}, 'unixepoch')",
        "ceil": "(CAST({0} AS INTEGER) + ({0} > CAST({0} AS INTEGER)))",
        "least": "MIN",
        "most": "MAX",
    },
}

# A slot is (b - length, b]. The checks of a machine lie end to end: beside those in a slot only the first one after it
# can tell of time in it. What they tell of is cut at the slot's ends; where clocks jumped and they overlap, it is
# shrunk to the slot.
SLOTS = """
WITH RECURSIVE fresh AS (
  SELECT machine_id, {e_of_time} AS e, {least}(up + down, {longest}) AS told
  FROM vps_sample WHERE id > %(after)s AND id <= %(last)s AND tier = {raw}
    AND machine_id > %(machine)s AND machine_id <= %(to)s
), reached(machine_id, b, since) AS (
  SELECT machine_id, {length} * {slot_of_e}, e - told FROM fresh
  UNION ALL
  SELECT machine_id, b - {length}, since FROM reached WHERE b - {length} > since
), slots AS (
  SELECT DISTINCT machine_id, b FROM reached WHERE b - {length} >= %(gone)s
), cut AS (
  SELECT s.machine_id, s.b, p.cpu, p.cpu_most, p.memory_used, p.memory_percent, p.memory_most, p.disk,
    p.up, p.down, p.unknown, {e_of_p} AS e, p.up + p.down AS told
  FROM slots s JOIN vps_sample p ON p.machine_id = s.machine_id AND p.tier = {finer}
    AND p.time > {start_of_slot} AND p.time <= {bound}
), parts AS (
  SELECT cut.*,
    {most}(0, {least}(e, b) - {most}(e - told, b - {length})) AS known,
    {most}(0, {least}(e - told, b) - {most}(e - told - unknown, b - {length})) AS silent
  FROM cut WHERE e <= b OR e - told < b
), weighed AS (
  SELECT parts.*, CASE WHEN cpu IS NULL THEN NULL WHEN told > 0 THEN known ELSE silent END AS weight FROM parts
), sums AS (
  SELECT machine_id, b,
    COALESCE(SUM(cpu * weight) / NULLIF(SUM(weight), 0), AVG(cpu)) AS cpu,
    MAX(COALESCE(cpu_most, cpu)) AS cpu_most,
    COALESCE(SUM(memory_used * weight) / NULLIF(SUM(weight), 0), AVG(memory_used)) AS memory_used,
    COALESCE(SUM(memory_percent * weight) / NULLIF(SUM(weight), 0), AVG(memory_percent)) AS memory_percent,
    MAX(COALESCE(memory_most, memory_percent)) AS memory_most,
    CAST(ROUND(COALESCE(SUM(disk * weight) / NULLIF(SUM(weight), 0), AVG(disk))) AS bigint) AS disk,
    SUM(CASE WHEN told > 0 THEN known * up / told ELSE 0 END) AS up,
    SUM(CASE WHEN told > 0 THEN known * down / told ELSE 0 END) AS down,
    SUM(silent) AS unknown,
    {most}({length}, SUM(known + silent)) AS whole
  FROM weighed GROUP BY machine_id, b
)
INSERT INTO vps_sample (machine_id, tier, time, cpu, cpu_most, memory_used, memory_percent, memory_most, disk,
  up, down, unknown)
SELECT machine_id, {length}, {b_as_time}, cpu, cpu_most, memory_used, memory_percent, memory_most, disk,
  up * {length} / whole, down * {length} / whole, unknown * {length} / whole
FROM sums WHERE true
ON CONFLICT (machine_id, tier, time) DO UPDATE SET cpu = excluded.cpu, cpu_most = excluded.cpu_most,
  memory_used = excluded.memory_used, memory_percent = excluded.memory_percent,
  memory_most = excluded.memory_most, disk = excluded.disk, up = excluded.up, down = excluded.down,
  unknown = excluded.unknown
"""
NEXT_CHECK = (
    "COALESCE((SELECT MIN(n.time) FROM vps_sample n WHERE n.machine_id = s.machine_id AND n.tier = {finer}"
    " AND n.time >= {end}), {end})"
)


def roll_up() -> bool:
    """Takes the checks of the next batch of machines into all longer tiers. Whether more may wait: False also where
    another collector is at it."""
    with transaction.atomic():
        first = _claim()
        if first is None or not _find_checks(first):
            return False
        # written by a clock that was ahead: it says nothing of what is checked from now on
        Tier.objects.filter(gone_until__gt=Now()).update(gone_until=Now())
        fresh = Sample.objects.filter(tier=RAW, pk__gt=first.taken, pk__lte=first.taking)
        machines = (
            fresh.filter(machine__gt=first.machine).order_by("machine").values_list("machine", flat=True)
        )
        batch = list(machines.distinct()[:BATCH])
        if batch:
            _make_slots(first, batch[-1])
            first.machine = batch[-1]
        if len(batch) < BATCH:
            first.taken, first.machine = first.taking, 0
        first.save(update_fields=["taken", "taking", "machine"])
    return True


def _find_checks(first: Tier) -> bool:
    """Begins a pass where none is under way; False where there is nothing to take.

    Checks are written under one lock (`Revision.take`): the order of their keys is that of their commits.
    """
    if first.taking > first.taken:
        return True
    fresh = Sample.objects.filter(tier=RAW, pk__gt=first.taken).order_by("pk")
    keys = list(fresh.values_list("pk", flat=True)[:CHECKS])
    first.taking = keys[-1] if keys else first.taken
    return bool(keys)


def _make_slots(first: Tier, to: int) -> None:
    gone = dict(Tier.objects.values_list("seconds", "gone_until"))
    bounds = {"after": first.taken, "last": first.taking, "machine": first.machine, "to": to}
    with connection.cursor() as cursor:
        for finer, length in pairwise(TIERS):
            cursor.execute(_statement(finer, length), bounds | {"gone": _seconds(gone.get(finer))})


def _claim() -> Tier | None:
    """The row that says how far the work is, locked; None where another process holds it."""
    rows = Tier.objects.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
    if first := rows.filter(seconds=RAW).first():
        return first
    Tier.objects.bulk_create([Tier(seconds=RAW)], ignore_conflicts=True)
    return rows.filter(seconds=RAW).first()


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def _statement(finer: int, length: int) -> str:
    words = DIALECTS[connection.vendor]
    end = words["moment"].format("s.b")
    return SLOTS.format(
        e_of_time=words["epoch"].format("time"),
        e_of_p=words["epoch"].format("p.time"),
        slot_of_e=words["ceil"].format(f"(e / {length}.0)"),
        start_of_slot=words["moment"].format(f"s.b - {length}"),
        b_as_time=words["moment"].format("b"),
        bound=NEXT_CHECK.format(finer=finer, end=end) if finer == RAW else end,
        least=words["least"],
        most=words["most"],
        longest=LONGEST,
        raw=RAW,
        finer=finer,
        length=length,
    )
