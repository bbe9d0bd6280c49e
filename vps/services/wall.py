"""The board on a wall: what a team's machines do, told to a screen that nobody sits at."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from math import ceil, sqrt
from typing import Any

from django.db.models import Count
from django.templatetags.static import static
from django.utils import timezone

from vps.access.walls import wall_accesses, wall_machines
from vps.models import Machine, WallLink
from vps.services.cards import Card, show_card
from vps.services.found import ordered
from vps.services.fragments import build_mark
from vps.services.interest import note_interest
from vps.services.pulse import Probe, probe_of
from vps.services.tallies import shown_by

MOST = 60  # tiles, as many as are read from across a room
WIDE = 1.7  # a screen is so many times as wide as high
FILES = ("css/tokens.css", "css/wall.css", "js/wall.js")


@dataclass(frozen=True)
class Wall:
    """What the screen shows: at most 60 tiles, problems first, in `columns`, and how many machines are not among them.
    `late`: the collector is late, and nothing is known to be as it stands here, since `overdue_since`."""

    team: str
    tiles: tuple[Card, ...]
    columns: int
    machines: int
    running: int
    stopped: int
    problems: int
    more: int
    more_running: int
    late: bool
    overdue_since: datetime | None
    version: str
    now: datetime


def show_wall(wall: WallLink) -> Wall:
    """Reads the database only."""
    now = timezone.now()
    return _draw(wall, _probe(wall, now), now)


def poll_wall(wall: WallLink, version: str) -> tuple[int, Wall | None]:
    """The age in seconds of the oldest check that is overdue, and what to show instead of `version`; None if that is
    right still."""
    now = timezone.now()
    probe = _probe(wall, now)
    _watch(wall)
    return probe.overdue, None if _version(probe, wall, now) == version else _draw(wall, probe, now)


def look_mark() -> str:
    """Another one with each version of the panel: a screen that is left alone loads its page anew then."""
    told = " ".join([build_mark(), *map(static, FILES)])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _draw(wall: WallLink, probe: Probe, now: datetime) -> Wall:
    machines = wall_machines(wall)
    counted: dict[str, Any] = machines.aggregate(
        machines=Count("pk"),
        running=Count("pk", filter=shown_by("running", now, False)),
        stopped=Count("pk", filter=shown_by("stopped", now, False)),
        problems=Count("pk", filter=shown_by("problems", now, False)),
    )
    rows: list[Machine] = list(ordered(machines.select_related("status__last_action"), now)[:MOST])
    tiles = tuple(show_card(row, probe.late, now) for row in rows)
    more = counted["machines"] - len(tiles)
    calm = sum(tile.state == "running" for tile in tiles)
    if probe.late:
        counted |= {"running": 0, "stopped": 0, "problems": 0}
    return Wall(
        team=wall.team.name,
        tiles=tiles,
        columns=max(1, min(10, ceil(sqrt(len(tiles) * WIDE / 1.3)))),
        more=more,
        more_running=max(0, counted["running"] - calm) if more else 0,
        late=probe.late,
        overdue_since=probe.due_at if probe.late and probe.overdue else None,
        version=_version(probe, wall, now),
        now=now,
        **counted,
    )


def _probe(wall: WallLink, now: datetime) -> Probe:
    return probe_of(wall_accesses(wall), now)


def _version(probe: Probe, wall: WallLink, now: datetime) -> str:
    """With the minute, as ages are told, and what was trouble is over after an hour; and the name of the team."""
    told = (probe.version(None), probe.late, now.replace(second=0, microsecond=0), wall.team.name)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:24]


def _watch(wall: WallLink) -> None:
    def shown() -> list[int]:
        return list(wall_machines(wall).values_list("pk", flat=True))

    note_interest(wall, "wall", shown)
