"""The board: one's machines, counted, filtered and grouped, and what changed on it since it was last looked at."""

import hashlib
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from vps.models import Machine, Token
from vps.services import found
from vps.services.address import PAGE, View, read_view
from vps.services.found import find_changed, find_faces
from vps.services.fragments import Face
from vps.services.groups import Group, group_faces, group_heads
from vps.services.interest import note_interest
from vps.services.pulse import Heard, Pulse, collector_late, read_version, take_probe, take_pulse
from vps.services.tallies import Tally, tallies

FEW = 20  # so many changed cards are sent alone, be the board as small as it may

__all__ = [
    "Board",
    "Heard",
    "Poll",
    "View",
    "collector_late",
    "find_machines",
    "poll_board",
    "read_view",
    "show_board",
]


@dataclass(frozen=True)
class Board:
    """A whole board (`whole`), or the cards that changed since `version` was another. `late`: the collector is late.
    `own_moving`: machines move because this person pressed a button; `may_act`: they may press one on some of these."""

    view: View
    version: str
    counts: tuple[Tally, ...]
    groups: tuple[Group, ...]
    cards: tuple[Face, ...]
    whole: bool
    shown: int
    total: int
    more_href: str
    empty: str
    late: bool
    own_moving: bool
    may_act: bool
    problems: int
    heard: Heard


@dataclass(frozen=True)
class Poll:
    """The answer to a board's poll: `overdue` is the age in seconds of the oldest check that should have been made;
    `board` is None when nothing changed."""

    overdue: int
    board: Board | None


def show_board(user: AbstractBaseUser, view: View) -> Board:
    """Everything, problems first. Reads the database only."""
    pulse = take_pulse(user)
    _look(user, view)
    return _board(user, view, pulse, find_faces(user, view, pulse), None)


def poll_board(user: AbstractBaseUser, view: View, version: str, late: bool) -> Poll:
    """What changed since `version`, for a page that shows the board as `late` or not.

    Machines that came or went, or began or ceased to match, make a whole board, and so do more changes than a quarter
    of it; else the order of the cards stays and only changed ones are sent.
    """
    probe = take_probe(user)
    _look(user, view)
    seen, _tilde, shown = version.partition("~")
    if probe.is_right(seen, late):
        return Poll(probe.overdue, None)
    pulse = take_pulse(user, probe)
    since = read_version(seen, probe)
    if since is not None and pulse.late != late:
        since = None  # every card looks another way now
    page = find_faces(user, view, pulse) if _is_part(view, pulse) else None
    if since is not None and shown == (_mark(page) if page is not None else ""):
        changed = find_changed(user, view, pulse, since)
        if len(changed) <= max(FEW, min(pulse.machines, view.more) // 4):
            return Poll(pulse.overdue, _board(user, view, pulse, page, changed))
    page = page if page is not None else find_faces(user, view, pulse)
    return Poll(pulse.overdue, _board(user, view, pulse, page, None))


def _look(user: AbstractBaseUser, view: View) -> None:
    """Keeps the machines on the page watched; a few queries every half minute, and none in between."""

    def shown() -> list[int]:
        return [face.id for face in find_faces(user, view, take_pulse(user))]

    note_interest(user, f"{view.q} {view.show} {view.more}", shown)


def find_machines(user: AbstractBaseUser, view: View) -> QuerySet[Machine]:
    """All that a view is about, on however many pages, in its order."""
    pulse = take_pulse(user)
    return found.find_machines(user, view, pulse.now, pulse.late)


def _is_part(view: View, pulse: Pulse) -> bool:
    """Whether the page may show fewer than all machines."""
    return bool(view.q or view.show) or pulse.machines > view.more


def _mark(page: tuple[Face, ...]) -> str:
    """Of the machines on a page, whatever their order."""
    ids = sorted(face.id for face in page)
    return hashlib.sha256(repr(ids).encode()).hexdigest()[:16]


def _board(
    user: AbstractBaseUser,
    view: View,
    pulse: Pulse,
    page: tuple[Face, ...] | None,
    changed: tuple[Face, ...] | None,
) -> Board:
    """Of the page, which may be None where it holds all machines; with `changed`, of these alone."""
    counts = tallies(user, view, pulse.now, pulse.late)
    total = next(tally.n for tally in counts if tally.key == view.show)
    heads = group_heads(user, view, pulse.now, pulse.late)
    shown = len(changed) if changed is not None else min(total, view.more)
    return Board(
        view=view,
        version=f"{pulse.version}~{_mark(page)}"
        if page is not None and _is_part(view, pulse)
        else pulse.version,
        counts=counts,
        groups=group_faces(heads, () if changed is not None else page or (), view.group),
        cards=changed or (),
        whole=changed is None,
        shown=shown,
        total=total,
        more_href=view.address(more=view.more + PAGE) if total > shown else "",
        empty=_empty(user, pulse, total),
        late=pulse.late,
        own_moving=pulse.own_moving > 0,
        may_act=pulse.acting > 0,
        problems=next(tally.n for tally in counts if tally.key == "problems"),
        heard=pulse.heard,
    )


def _empty(user: AbstractBaseUser, pulse: Pulse, total: int) -> str:
    if pulse.machines:
        return "" if total else "no_match"
    return "no_machines" if Token.objects.filter(owner_id=user.pk).exists() else "first"
