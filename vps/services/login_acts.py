"""Who asked for a machine's default login, or had it cleared, as the audit lines tell it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from vps.models import AuditEvent, Machine
from vps.services.audit import Code
from vps.services.cards import seen_until

SHOWN = 5
ACTS: dict[tuple[str, str], tuple[str, Promise]] = {
    (Code.LOGIN_REVEALED, "succeeded"): ("ok", gettext_lazy("%(person)s revealed it.")),
    (Code.LOGIN_REVEALED, "gone"): ("off", gettext_lazy("%(person)s asked; it was no longer available.")),
    (Code.LOGIN_REVEALED, "failed"): ("bad", gettext_lazy("%(person)s asked; it was not revealed.")),
    (Code.LOGIN_CLEARED, "succeeded"): ("ok", gettext_lazy("%(person)s cleared it.")),
    (Code.LOGIN_CLEARED, "gone"): ("off", gettext_lazy("%(person)s pressed Clear; there was nothing to clear.")),
    (Code.LOGIN_CLEARED, "failed"): ("bad", gettext_lazy("%(person)s pressed Clear; it was not cleared.")),
    (Code.LOGIN_CLEARED, "unknown"): (
        "late",
        gettext_lazy("%(person)s pressed Clear; nobody knows whether it was cleared."),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Act:
    at: datetime
    tone: str
    sentence: str


def login_acts(machine: Machine, now: datetime) -> tuple[Act, ...]:
    """The latest, newest first, of one of `access.visible_machines`; up to when this person may see what was heard."""
    lines = AuditEvent.objects.filter(project=machine.project, product=machine.product)
    lines = lines.filter(code__in={code for code, _outcome in ACTS}, at__lte=seen_until(machine, now))
    return tuple(_act(line) for line in lines.order_by("-at", "-pk")[:SHOWN])


def _act(line: AuditEvent) -> Act:
    tone, sentence = ACTS[line.code, line.outcome]
    return Act(line.at, tone, str(sentence) % {"person": line.person})
