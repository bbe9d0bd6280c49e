"""Every field of every reply of the provider about one machine, exactly, each with its unit."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from vps.models import Machine, Sample, Status
from vps.services.logins import known_login
from vps.services.words import clock

NOTHING = ""
LOGINS: dict[str, Promise] = {
    "": gettext_lazy("Not revealed here yet"),
    "held": gettext_lazy("Still told at {}"),
    "gone": gettext_lazy("Gone since {}"),
    "sent": gettext_lazy("Clear pressed at {}"),
}


@dataclass(frozen=True)
class Field:
    """`value` is exact and "" where nothing is known; `at` is told by the browser instead of a value. `copy`: worth a
    copy button; `mono`: an id or an address."""

    key: str
    word: str
    value: str
    unit: str = ""
    copy: bool = False
    mono: bool = False
    at: datetime | None = None


def describe(machine: Machine, row: Status | None, sample: Sample | None) -> tuple[Field, ...]:
    """`machine` as `cards.described` gives it. `row` and `sample` are None where this person may not see what was
    heard."""
    return (*_listed(machine), *_status(row or Status(), sample or Sample()))


def _listed(machine: Machine) -> tuple[Field, ...]:
    return (
        Field("project", _("Project"), machine.project, copy=True, mono=True),
        Field("product", _("Machine id"), machine.product, copy=True, mono=True),
        Field("name", _("Name"), machine.name, copy=True),
        Field("ipv4", _("IPv4"), machine.ipv4, copy=True, mono=True),
        Field("ipv6", _("IPv6"), machine.ipv6, copy=True, mono=True),
        Field("listed", _("Status in the list"), machine.listed_status),
        Field("login", _("Default login"), _login(machine)),
    )


def _login(machine: Machine) -> str:
    """What the page of its default login says in full; the field leads there."""
    state, at = known_login(machine)
    return format_html(str(LOGINS[state]), clock(at)) if at else str(LOGINS[state])


def _status(row: Status, sample: Sample) -> tuple[Field, ...]:
    agent = {True: pgettext("guest agent", "Answers"), False: pgettext("guest agent", "Does not answer")}
    return (
        Field("status", _("Status"), row.word),
        Field("uptime", _("Uptime"), _exact(sample.uptime), "s"),
        Field("booted", _("Booted"), NOTHING, at=row.booted_at),
        Field("cpu", _("CPU"), _exact(sample.cpu), "%"),
        Field("cpus", _("CPUs"), _exact(row.cpus)),
        Field("memory_used", _("Memory used"), _exact(sample.memory_used), "MB"),
        Field("memory_total", _("Memory"), _exact(row.memory_total), "MB"),
        Field("memory_percent", _("Memory share"), _exact(sample.memory_percent), "%"),
        Field("disk", _("Disk used"), _exact(sample.disk), _("bytes")),
        Field("maxdisk", _("Disk size"), _exact(row.maxdisk), _("bytes")),
        Field("agent", _("Guest agent"), NOTHING if row.agent is None else agent[row.agent]),
        Field("version", _("QEMU version"), row.version),
    )


def _exact(value: float | None) -> str:
    """All digits that came; whole numbers in groups of three."""
    if value is None:
        return NOTHING
    return _grouped(int(value)) if float(value).is_integer() else repr(value)


def _grouped(value: int) -> str:
    return f"{value:,d}".replace(",", "\u202f")


def in_gib(size: float) -> str:
    """Bytes as GiB, short."""
    gib = round(size / 2**30, 3)
    return f"{gib:.3g}" if abs(gib) < 999.5 else _grouped(round(gib))
