"""One machine's page: all that is known of it, and how it came to be known."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from vps.access import OWNER, get_machine, right_over
from vps.models import Access, Machine, Sample, Status
from vps.models.sample import RAW
from vps.services.actions import under_way
from vps.services.board import collector_late
from vps.services.cards import Card, described, seen_until, show_card
from vps.services.charts import Charts, draw_charts
from vps.services.fields import Field, describe
from vps.services.interest import look_at_machine
from vps.services.remarks import Remarks, remarks_on
from vps.services.spans import Reach, read_reach
from vps.services.timeline import FIRST, Event, Seer, seers, timeline

__all__ = ["MachinePage", "find_card", "forget_machine", "name_to_forget", "poll_machine", "show_machine"]


@dataclass(frozen=True)
class MachinePage:
    card: Card
    version: str
    late: bool
    fields: tuple[Field, ...]
    charts: Charts
    timeline: tuple[Event, ...]
    earlier: tuple[Event, ...]
    tokens: tuple[Seer, ...]
    heard_at: datetime | None
    first_seen: datetime
    can_forget: bool
    remarks: Remarks
    own_moving: bool = False


def show_machine(user: AbstractBaseUser, project: str, product: str, span: str = "") -> MachinePage:
    """The whole page, with the charts over that span. Reads the database only. Raises Http404 where this person may not
    know of the machine."""
    machine = get_machine(user, project, product)
    look_at_machine(user, machine)
    return _page(user, machine, timezone.now(), read_reach(span))


def poll_machine(user: AbstractBaseUser, project: str, product: str, version: str) -> MachinePage | None:
    """The page, over the span that it shows, if something was heard since `version`; else None. Raises Http404."""
    machine, now = get_machine(user, project, product), timezone.now()
    look_at_machine(user, machine)
    reach = read_reach(version.rpartition("-")[2])
    return None if _version(user, machine, now, reach) == version else _page(user, machine, now, reach)


def find_card(user: AbstractBaseUser, project: str, product: str) -> Card:
    """The machine as the board shows it. Raises Http404."""
    machine, now = get_machine(user, project, product), timezone.now()
    return show_card(machine, collector_late(user, now), now)


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
    if right_over(machine) < OWNER:
        raise PermissionDenied(_("Others share this machine with you: it leaves your board when they stop."))
    raise PermissionDenied(
        _("The provider still lists this machine: forget the token that shows it instead.")
    )


def _can_forget(user: AbstractBaseUser, machine: Machine) -> bool:
    own = Access.objects.filter(machine=machine, token__owner_id=user.pk)
    hows = set(own.values_list("how", flat=True))
    return bool(hows) and (machine.status.problem == Status.Problem.GONE or Access.How.LISTED not in hows)


def _version(user: AbstractBaseUser, machine: Machine, now: datetime, reach: Reach) -> str:
    """What the page shows; the page's script sends it back, so it names the span, too."""
    row = machine.status
    checked = row.checked_at.timestamp() if row.checked_at else 0
    mine = seen_until(machine, now) == now
    return f"{row.revision}-{checked:.0f}-{mine:d}-{right_over(machine)}-{collector_late(user, now):d}-{reach.key}"


def _page(user: AbstractBaseUser, machine: Machine, now: datetime, reach: Reach) -> MachinePage:
    row = machine.status
    late = collector_late(user, now)
    until = seen_until(machine, now)
    visible = row if row.heard_at is None or row.heard_at <= until else None
    last = _last_heard(machine, until)
    events = timeline(user, machine, until)
    return MachinePage(
        card=show_card(machine, late=late),
        version=_version(user, machine, now, reach),
        late=late,
        fields=describe(described(machine), visible, last),
        charts=draw_charts(machine, visible, last, reach, now, until),
        timeline=events[:FIRST],
        earlier=events[FIRST:],
        tokens=seers(user, machine),
        heard_at=visible.heard_at if visible else None,
        first_seen=machine.first_seen,
        can_forget=_can_forget(user, machine),
        remarks=remarks_on(machine),
        own_moving=_own_moving(user, row),
    )


def _own_moving(user: AbstractBaseUser, row: Status) -> bool:
    """Whether the machine moves because this person pressed a button."""
    action = row.last_action
    return action is not None and under_way(action) and action.person_id == user.pk


def _last_heard(machine: Machine, until: datetime) -> Sample | None:
    heard = Sample.objects.filter(machine=machine, tier=RAW, time__lte=until, cpu__isnull=False)
    return heard.order_by("-time").first()
