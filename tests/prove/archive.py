"""The rows of power actions and their audit lines, as the history checker reads them; and time that passes at once."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from tests.prove.history import Line, Row
from tests.services.collector_kit import eventually
from vps.models import AuditEvent, PowerAction
from vps.services.power import sweep_actions

OPEN = ["requested", "sent"]


def rows_now(machines: Iterable[int] | None = None) -> list[Row]:
    """All of them, or those of some machines."""
    lines: dict[int, list[Line]] = defaultdict(list)
    for event in AuditEvent.objects.filter(code__startswith="power.").order_by("pk"):
        told = Line(event.code, event.outcome, event.product, event.person, event.detail["command"])
        lines[event.detail["action"]].append(told)
    actions = PowerAction.objects.select_related("machine").order_by("pk")
    if machines is not None:
        actions = actions.filter(machine__in=machines)
    return [_row(action, tuple(lines[action.pk])) for action in actions]


def _row(action: PowerAction, lines: tuple[Line, ...]) -> Row:
    return Row(
        action.pk,
        action.person_name,
        action.machine.product,
        action.command,
        action.nonce,
        action.state,
        action.observed,
        action.reason,
        action.requested_at.timestamp(),
        _seconds(action.sent_at),
        _seconds(action.answered_at),
        _seconds(action.observed_at),
        lines,
    )


def _seconds(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def let_a_minute_pass() -> None:
    """For all that is under way: it was asked for, and sent, a minute earlier than it was."""
    minute = timedelta(minutes=1)
    open_rows = PowerAction.objects.filter(state__in=OPEN)
    open_rows.update(requested_at=F("requested_at") - minute, sent_at=F("sent_at") - minute)


def end_the_watches(sent_before: float = 0.0) -> int:
    """The 90 s of watching are over for what was sent so many seconds ago: the next check decides."""
    now = timezone.now()
    watched = PowerAction.objects.filter(
        observed="watching", sent_at__lt=now - timedelta(seconds=sent_before)
    )
    rows = watched.filter(watch_until__gt=now).values_list("pk", flat=True)
    return sum(
        watched.filter(pk=pk).update(watch_until=now) for pk in rows
    )  # one by one: the collector locks them too


def come_to_rest() -> None:
    """Whatever is open is swept a minute later, and the collector ends all watches."""
    sweep_actions(timezone.now() + timedelta(seconds=60))

    def quiet() -> bool:
        end_the_watches()
        return not PowerAction.objects.filter(observed="watching").exists()

    eventually(quiet, "all watches have ended")
