"""Who did what: the lines that a person may read, a page at a time, and all of them as a table for other programs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from vps import access
from vps.access import Place
from vps.access import Wanted as Wanted
from vps.models import AuditEvent, Code, Member, Team
from vps.services import audit_words

PAGE = 50
AT_ONCE = 1000
MOST_EXPORTED = 100_000
MOST_SUGGESTED = 200
FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "time", "person", "code", "what", "project", "product", "machine", "team", "token owner", "token", "outcome",
    "details",
)  # fmt: skip


class NoMachine(Exception):
    """Nothing that this person sees is called so."""


class SeveralMachines(Exception):
    """More than one machine that this person sees is called so."""


@dataclass(frozen=True)
class Line:
    """`machine` is its project and id with a slash between, "" where the line is about something else."""

    at: datetime
    who: str
    what: str
    notes: tuple[str, ...]
    about: str
    machine: str
    through: str
    outcome: str
    tone: str


@dataclass(frozen=True)
class Page:
    """Newest first. `older` and `newer`: where the next page in that direction begins, "" if there is none."""

    lines: tuple[Line, ...]
    older: str
    newer: str


@dataclass(frozen=True)
class Choices:
    """What a person may be offered in the filters: people, machines (what to type, and the name), and teams."""

    people: tuple[str, ...]
    machines: tuple[tuple[str, str], ...]
    teams: tuple[tuple[UUID, str], ...]


def show_lines(user: User, wanted: Wanted, before: str = "", after: str = "") -> Page:
    """`before` and `after` are `older` and `newer` of a page; what is none of them means the newest lines."""
    older_than, newer_than = _place(before), _place(after)
    wanted = _possible(wanted)
    if newer_than and not older_than:
        rows = access.newest_events(user, wanted, PAGE + 1, after=newer_than)
        if len(rows) > PAGE:
            return _page(user, rows[1:], older=True, newer=True)
        older_than = None  # the first page, then, and a full one
    rows = access.newest_events(user, wanted, PAGE + 1, before=older_than)
    return _page(user, rows[:PAGE], older=len(rows) > PAGE, newer=older_than is not None)


def _page(user: User, rows: list[AuditEvent], *, older: bool, newer: bool) -> Page:
    lines = tuple(_line(user, row) for row in rows)
    return Page(lines, _mark(rows[-1]) if rows and older else "", _mark(rows[0]) if rows and newer else "")


def _line(user: User, row: AuditEvent) -> Line:
    outcome, tone = audit_words.outcome(row)
    machine = f"{row.project}/{row.product}" if row.product else ""
    name = _token_name(user, row)
    about = row.machine or row.product or row.team or name
    told = (name,) if name and about != name else ()
    return Line(
        at=row.at,
        who=audit_words.who(row),
        what=audit_words.what(row),
        notes=(*audit_words.notes(row), *(_("token: %(name)s") % {"name": one} for one in told)),
        about=about,
        machine=machine,
        through=row.token_owner,
        outcome=outcome,
        tone=tone,
    )


def _token_name(user: User, row: AuditEvent) -> str:
    """What a token is called is its owner's matter."""
    return row.token if row.token_owner_id == user.pk else ""


def export_lines(user: User, wanted: Wanted) -> Iterator[tuple[str, ...]]:
    """A table of all lines, newest first, safe to be opened in a spreadsheet: the names of the columns, then at most
    MOST_EXPORTED rows; where there were more, the last one says so."""
    yield COLUMNS
    rows = _all(user, _possible(wanted))
    for row in islice(rows, MOST_EXPORTED):
        yield tuple(_cell(text) for text in _cells(user, row))
    if next(rows, None):
        yield (_("Cut after %(n)d lines: ask for less at once.") % {"n": MOST_EXPORTED},)


def _all(user: User, wanted: Wanted) -> Iterator[AuditEvent]:
    rows, last = access.newest_events(user, wanted, AT_ONCE), None
    while rows:
        yield from rows
        last = Place(rows[-1].at, rows[-1].pk)
        rows = access.newest_events(user, wanted, AT_ONCE, before=last)


def _cells(user: User, row: AuditEvent) -> tuple[str, ...]:
    details = "; ".join(f"{name}={value}" for name, value in row.detail.items())
    told = (
        audit_words.who(row),
        row.code,
        audit_words.what(row),
        row.project,
        row.product,
        row.machine,
        row.team,
    )
    return (
        row.at.astimezone(UTC).isoformat(),
        *told,
        row.token_owner,
        _token_name(user, row),
        row.outcome,
        details,
    )


def _cell(text: str) -> str:
    """A spreadsheet takes what begins so for a formula, and computes it."""
    return f"'{text}" if text.startswith(FORMULA) else text


def find_machine(user: User, typed: str) -> tuple[str, str]:
    """The project and id of the machine that was meant by a name or an id. Raises NoMachine or SeveralMachines."""
    named = _machines(user).filter(Q(name__iexact=typed) | Q(product=typed))
    found = [one[:2] for one in _named(named) if typed.casefold() in (one[1].casefold(), one[2].casefold())]
    if not found:
        raise NoMachine
    if len(found) > 1:
        raise SeveralMachines
    return found[0]


def choices(user: User) -> Choices:
    """Cheap: at most MOST_SUGGESTED of each, and of nothing that this person may not see."""
    teams = Team.objects.filter(members__person_id=user.pk).values_list("pk", "name")
    return Choices(
        tuple(_people(user).values_list("username", flat=True)[:MOST_SUGGESTED]),
        tuple((f"{project}/{product}", name) for project, product, name in _named(_machines(user))),
        tuple(teams[:MOST_SUGGESTED]),
    )


def _machines(user: User) -> QuerySet[Any]:
    return access.visible_machines(user).order_by("name", "pk")


def _named(machines: QuerySet[Any]) -> list[tuple[str, str, str]]:
    """Project, id, and name: as this person may know it, who may have been refused before it had that one (as
    services.cards.described says; of each machine only what that needs is asked for)."""
    rows = machines.values_list("project", "product", "name", "described_at", "granted", "refused_at")
    return [
        (project, product, "" if not granted and refused_at and at and at > refused_at else name)
        for project, product, name, at, granted, refused_at in rows[:MOST_SUGGESTED]
    ]


def _people(user: User) -> QuerySet[User]:
    people = User.objects.order_by("username")
    if user.is_superuser:
        return people
    teams = Member.objects.filter(person_id=user.pk).order_by().values("team_id")
    beside = Member.objects.filter(team_id__in=teams).order_by().values("person_id")
    return people.filter(Q(pk=user.pk) | Q(pk__in=beside))


def codes_of(kind: str) -> frozenset[str] | None:
    """The codes of a kind: of one code, or of all before its dot. None for what is neither."""
    codes = frozenset(code.value for code in Code if kind in (code.value, code.group))
    return codes or None


def _possible(wanted: Wanted) -> Wanted:
    """Only some kinds of line have an outcome: told so, the database looks through fewer."""
    if wanted.outcome not in audit_words.OUTCOMES:
        return wanted
    codes = frozenset(code.value for code in audit_words.OUTCOMES[wanted.outcome][2])
    codes = codes if wanted.codes is None else codes & wanted.codes
    return Wanted(**{**vars(wanted), "codes": codes})


def _mark(row: AuditEvent) -> str:
    return f"{row.at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{row.pk}"


def _place(mark: str) -> Place | None:
    moment, dash, number = mark.partition("-")
    if not dash or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    try:
        return Place(datetime.strptime(moment, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), int(number))
    except ValueError:
        return None
