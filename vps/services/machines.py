"""One machine's page: all that is known of it, and how it came to be known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from vps.access import get_machine
from vps.models import Access, Machine, Sample, Status
from vps.models.sample import RAW
from vps.services import drawing
from vps.services.board import collector_late
from vps.services.cards import Card, described, seen_until, show_card
from vps.services.fields import Field, describe, in_gib
from vps.services.timeline import FIRST, Event, Seer, seers, timeline

__all__ = ["MachinePage", "forget_machine", "name_to_forget", "poll_machine", "show_machine"]


@dataclass(frozen=True)
class Figure:
    """A curve of the last hour with its present value, in words and as SVG paths: the line, the area below it."""

    word: str
    now: str
    detail: str
    line: str
    area: str
    label: str


@dataclass(frozen=True)
class MachinePage:
    card: Card
    version: str
    late: bool
    fields: tuple[Field, ...]
    figures: tuple[Figure, ...]
    strip: tuple[drawing.Span, ...]
    shares: tuple[drawing.Share, ...]
    timeline: tuple[Event, ...]
    earlier: tuple[Event, ...]
    tokens: tuple[Seer, ...]
    heard_at: datetime | None
    first_seen: datetime
    can_forget: bool


def show_machine(user: AbstractBaseUser, project: str, product: str) -> MachinePage:
    """The whole page. Reads the database only. Raises Http404 where this person may not know of the machine."""
    return _page(user, get_machine(user, project, product), timezone.now())


def poll_machine(user: AbstractBaseUser, project: str, product: str, version: str) -> MachinePage | None:
    """The page, if something was heard since `version`; else None. Raises Http404."""
    machine, now = get_machine(user, project, product), timezone.now()
    return None if _version(user, machine, now) == version else _page(user, machine, now)


def forget_machine(user: AbstractBaseUser, project: str, product: str) -> None:
    """Takes a machine off one's own board. Raises Http404; PermissionDenied while a listing would bring it back."""
    machine = _forgettable(user, project, product)
    Access.objects.filter(machine=machine, token__owner_id=user.pk).delete()


def name_to_forget(user: AbstractBaseUser, project: str, product: str) -> str:
    """What the machine is called that `forget_machine` would take off. Raises what that raises."""
    known = described(_forgettable(user, project, product))
    return known.name or known.product


def _forgettable(user: AbstractBaseUser, project: str, product: str) -> Machine:
    machine = get_machine(user, project, product)
    if _can_forget(user, machine):
        return machine
    raise PermissionDenied(
        _("The provider still lists this machine: forget the token that shows it instead.")
    )


def _can_forget(user: AbstractBaseUser, machine: Machine) -> bool:
    own = Access.objects.filter(machine=machine, token__owner_id=user.pk)
    return machine.status.problem == Status.Problem.GONE or not own.filter(how=Access.How.LISTED).exists()


def _version(user: AbstractBaseUser, machine: Machine, now: datetime) -> str:
    row = machine.status
    checked = row.checked_at.timestamp() if row.checked_at else 0
    mine = seen_until(machine, now) == now
    return f"{row.revision}-{checked:.0f}-{mine:d}-{collector_late(user, now):d}"


def _page(user: AbstractBaseUser, machine: Machine, now: datetime) -> MachinePage:
    row = machine.status
    late = collector_late(user, now)
    until = seen_until(machine, now)
    visible = row if row.heard_at is None or row.heard_at <= until else None
    hour = Sample.objects.filter(machine=machine, tier=RAW, time__gte=now - timedelta(seconds=drawing.SPAN))
    samples = list(hour.filter(time__lte=until).order_by("time"))
    events = timeline(user, machine, until)
    spans, shares = drawing.strip(samples, now, machine.first_seen)
    return MachinePage(
        card=show_card(machine, late=late),
        version=_version(user, machine, now),
        late=late,
        fields=describe(described(machine), visible, _last_heard(machine, until)),
        figures=_figures(visible, samples, now) if visible else (),
        strip=spans,
        shares=shares,
        timeline=events[:FIRST],
        earlier=events[FIRST:],
        tokens=seers(user, machine),
        heard_at=visible.heard_at if visible else None,
        first_seen=machine.first_seen,
        can_forget=_can_forget(user, machine),
    )


def _last_heard(machine: Machine, until: datetime) -> Sample | None:
    heard = Sample.objects.filter(machine=machine, tier=RAW, time__lte=until, cpu__isnull=False)
    return heard.order_by("-time").first()


def _figures(row: Status, samples: Sequence[Sample], now: datetime) -> tuple[Figure, ...]:
    maxdisk = row.maxdisk or 0

    def disk(sample: Sample) -> float | None:
        return 100 * sample.disk / maxdisk if sample.disk is not None and maxdisk else None

    last = next((sample for sample in reversed(samples) if sample.cpu is not None), None)
    memory = disk_size = ""
    if last and last.memory_used is not None and row.memory_total:
        memory = _of(in_gib(last.memory_used * 2**20), in_gib(row.memory_total * 2**20))
    if last and last.disk is not None and maxdisk:
        disk_size = _of(in_gib(last.disk), in_gib(maxdisk))
    return (
        _figure(_("CPU"), lambda sample: sample.cpu, "", samples, now),
        _figure(_("Memory"), lambda sample: sample.memory_percent, memory, samples, now),
        _figure(_("Disk"), disk, disk_size, samples, now),
    )


def _of(part: str, whole: str) -> str:
    return _("%(part)s of %(whole)s GiB") % {"part": part, "whole": whole}


def _figure(
    word: str,
    value: Callable[[Sample], float | None],
    detail: str,
    samples: Sequence[Sample],
    now: datetime,
) -> Figure:
    heard = [figure for sample in samples if (figure := value(sample)) is not None]
    spread = drawing.spread(heard)
    label = (
        _("%(word)s over the last hour: %(spread)s")
        if heard
        else _("%(word)s: nothing heard in the last hour")
    )
    line, area = drawing.curve(samples, value, now)
    return Figure(
        word=word,
        now=f"{heard[-1]:.1f} %" if heard else "–",
        detail=detail or spread,
        line=line,
        area=area,
        label=label % {"word": word, "spread": spread},
    )
