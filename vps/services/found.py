"""The machines that a view is about, in its order, as faces: what a page needs of those whose card is drawn already."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Case, F, Q, QuerySet, Value, When

from vps.access import visible_machines
from vps.models import Machine
from vps.services.actions import TROUBLE_LASTS, UNDER_WAY, trouble
from vps.services.address import PAGE, View
from vps.services.cards import KNOWN
from vps.services.fragments import Deck, Face, Shared
from vps.services.groups import home_of, with_home
from vps.services.prepared import Prepared
from vps.services.pulse import Pulse, Seen
from vps.services.searching import HIDDEN, matching
from vps.services.tallies import in_trouble, shown_by


def find_machines(user: AbstractBaseUser | int, view: View, now: datetime, late: bool) -> QuerySet[Machine]:
    """All that a view is about, on however many pages, in its order."""
    found = matching(visible_machines(user), view.q)
    return ordered(found.filter(shown_by(view.show, now, late)), now)


def find_faces(user: AbstractBaseUser, view: View, pulse: Pulse) -> tuple[Face, ...]:
    """Those of the page, in its order."""
    keep = not view.q and view.more == PAGE
    rows = _FACES.rows(_plain(view), pulse.late, keep=keep, person=user.pk, now=pulse.now)
    return _faces(user, view, pulse, rows)


def find_changed(user: AbstractBaseUser, view: View, pulse: Pulse, since: Seen) -> tuple[Face, ...]:
    """The machines with a newer revision, and those whose action ceased to be trouble, as its hour is over."""
    values: dict[str, Any] = {"person": user.pk, "now": pulse.now, "revision": since.revision}
    if since.trouble_at is not None:
        values["trouble_at"] = since.trouble_at
    rows = _CHANGED.rows(_plain(view), pulse.late, keep=not view.q and view.more == PAGE, **values)
    return _faces(user, view, pulse, rows)


def _plain(view: View) -> View:
    """What of a view the query depends on."""
    return replace(view, view="cards", select=False)


def _ask_faces(view: View, late: bool, person: int, now: datetime) -> None:
    list(_columns(find_machines(person, view, now, late)[: view.more], view, now, late))


def _ask_changed(
    view: View, late: bool, person: int, now: datetime, revision: int, trouble_at: datetime | None = None
) -> None:
    changed = Q(status__revision__gt=revision)
    if trouble_at is not None:
        changed |= Q(status__last_action__observed_at__range=(trouble_at, now - TROUBLE_LASTS))
    found = matching(visible_machines(person), view.q).filter(changed).order_by("pk")
    list(_columns(found[: view.more + 1], view, now, late))


_FACES, _CHANGED = Prepared(_ask_faces), Prepared(_ask_changed)


def _columns(machines: QuerySet[Machine], view: View, now: datetime, late: bool) -> QuerySet[Machine, Any]:
    """Of a machine: its id, its group, whether its card is one to be shared, and the fields of `Shared`."""
    own = Q(granted=False) | Q(status__heard_at=None) | UNDER_WAY | trouble(now)
    aged = ~Q(status__problem="") if not late else Q(pk__isnull=False)
    homed: Any = with_home(machines, view.group)
    columns: QuerySet[Machine, Any] = homed.annotate(
        shared=Case(When(own, then=0), default=1),
        aged_at=Case(When(aged, then=F("status__heard_at")), default=None),
    ).values_list(
        "pk",
        "home",
        "shared",
        "status__revision",
        "right",
        "told",
        "status__problem",
        "status__word",
        "aged_at",
    )
    return columns


def _faces(
    user: AbstractBaseUser, view: View, pulse: Pulse, rows: Iterable[tuple[Any, ...]]
) -> tuple[Face, ...]:
    def load(ids: list[int]) -> QuerySet[Machine]:
        return visible_machines(user).filter(pk__in=ids).select_related("status__last_action")

    deck = Deck(view, pulse.late, pulse.now, load)
    return tuple(
        deck.face(pk, home_of(view, home), Shared(revision, right, bool(told), *rest) if shared else None)
        for pk, home, shared, revision, right, told, *rest in rows
    )


def ordered(machines: QuerySet[Machine], now: datetime) -> QuerySet[Machine]:
    """Problems first, then what changes and states that we do not know, then by name. A late collector leaves the
    order as it was."""
    known = Q(status__heard_at=None) | Q(status__word__in=KNOWN)
    moving = When(UNDER_WAY, then=Value(1))
    calm = Case(When(in_trouble(now), then=Value(0)), moving, When(known, then=Value(2)), default=Value(1))
    return machines.order_by(calm, Case(When(HIDDEN, then=F("product")), default=F("name")), "pk")
