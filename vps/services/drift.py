"""Drift: a machine surely is not in the state that people said it should be in.

Of what is old, or was never heard, nobody is sure; while a power action is watched, it is on its way.
"""

from datetime import datetime

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from vps.models import Machine, Status
from vps.services.actions import UNDER_WAY, under_way

Expected = Machine.Expected

# The status word that is as it should be, and what a card says of another one.
WANTED: dict[str, str] = {Expected.ON: "running", Expected.OFF: "stopped"}
SHOULD: dict[str, Promise] = {
    Expected.ON: gettext_lazy("%(word)s · should be on"),
    Expected.OFF: gettext_lazy("%(word)s · should be off"),
}
# Being off that should be on is an outage; the other way round costs money.
TONES: dict[str, str] = {Expected.ON: "bad", Expected.OFF: "late"}

_OTHER = Q(expected=Expected.ON, status__word="stopped") | Q(expected=Expected.OFF, status__word="running")

# Of machines that are no problem otherwise.
DRIFT = _OTHER & (Q(status__last_action=None) | ~UNDER_WAY)


def adrift(now: datetime) -> Q:
    """Of `access.visible_machines`, with their statuses, when the collector is not late."""
    sure = Q(granted=True, status__problem="", status__heard_at__isnull=False, status__late_at__gte=now)
    return sure & DRIFT


def is_adrift(machine: Machine, row: Status) -> bool:
    """The same of one machine that was just heard without a problem."""
    wanted, word = WANTED.get(machine.expected), row.word
    heard = row.heard_at is not None and not row.problem and word in WANTED.values()
    return bool(wanted) and heard and word != wanted and not under_way(row.last_action)
