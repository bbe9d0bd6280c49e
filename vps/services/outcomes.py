"""What became of a power action's call, and how it is written; also where the process that made it died."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from vps.models import Machine, PowerAction, Revision, Status, Token
from vps.provider import errors
from vps.provider.replies import ActionReceipt
from vps.services import audit
from vps.services.actions import OPEN
from vps.services.clocks import BEGUN_AHEAD

NEVER_SENT_SECONDS = 30  # a `requested` row that is older was left by a process that died
ANSWER_SECONDS = 5 + 30  # the deadline of the call, and 30 s
NEVER_SENT, NO_ANSWER = "never_sent", "no_answer"  # reasons that no provider gave

State, Observed = PowerAction.State, PowerAction.Observed

# Nothing was sent, or the provider said no. After every other error nobody knows.
SURE = (
    errors.Unreachable,
    errors.Refused,
    errors.TokenRefused,
    errors.NotAllowed,
    errors.NotFound,
    errors.RateLimited,
)


@dataclass(frozen=True)
class Outcome:
    """What became of the call. `reason`: the code of the provider's error, and its reason after a dot, if any."""

    state: str
    reason: str = ""
    said: str = ""
    http_status: int | None = None
    receipt: ActionReceipt | None = None


def outcome_of(error: errors.ProviderError) -> Outcome:
    state = State.FAILED if isinstance(error, SURE) else State.UNKNOWN
    reason = ".".join(filter(None, (error.code, error.reason)))
    return Outcome(state, reason[:64], error.said, error.http_status)


@transaction.atomic(durable=True)
def write_outcome(action: PowerAction, outcome: Outcome, person: AbstractBaseUser, token: Token) -> None:
    """An answer also replaces the `unknown` that a sweep wrote because it took so long."""
    unanswered = Q(state__in=OPEN) | Q(state=State.UNKNOWN, reason=NO_ANSWER)
    if not _end(action, unanswered, outcome, timezone.now(), person, token):
        action.refresh_from_db()


def sweep_actions(now: datetime, machine_id: int | None = None) -> int:
    """Ends what a process that died left open; nothing is sent again. Returns how many rows it ended.

    By the collector for all machines, and before each new action for its own. What was requested hours from now was
    so by a clock that was wrong, and is long over.
    """
    ahead = now + BEGUN_AHEAD
    unanswered = PowerAction.objects.filter(
        Q(requested_at__lt=now - timedelta(seconds=NEVER_SENT_SECONDS)) | Q(requested_at__gt=ahead),
        answered_at=None,
    )
    if machine_id is not None:
        unanswered = unanswered.filter(machine=machine_id)
    rows = list(unanswered.values_list("pk", "sent_at"))
    overdue = now - timedelta(seconds=ANSWER_SECONDS)
    never = [_give_up(pk, State.REQUESTED, now) for pk, sent_at in rows if sent_at is None]
    return sum(never) + sum(
        _give_up(pk, State.SENT, now) for pk, sent_at in rows if sent_at and not overdue <= sent_at <= ahead
    )


@transaction.atomic
def _give_up(pk: int, state: str, now: datetime) -> bool:
    """False if it is no longer in that state."""
    action = PowerAction.objects.select_related("machine").get(pk=pk)
    never = state == State.REQUESTED
    outcome = Outcome(State.FAILED, NEVER_SENT) if never else Outcome(State.UNKNOWN, NO_ANSWER)
    return _end(action, Q(state=state), outcome, now)


def _end(
    action: PowerAction,
    still: Q,
    outcome: Outcome,
    at: datetime,
    person: AbstractBaseUser | None = None,
    token: Token | None = None,
) -> bool:
    """Writes the outcome of a row that is `still` so, its audit line, and that the machine's card changed."""
    revision = Revision.take()
    fields = _fields(outcome, at)
    if not PowerAction.objects.filter(still, pk=action.pk).update(**fields):
        return False
    for name, value in fields.items():
        setattr(action, name, value)
    audit.record(
        audit.Code.POWER_ANSWERED,
        outcome=outcome.state,
        person=person,
        machine=action.machine,
        token=token,
        command=action.command,
        action=action.pk,
        reason=outcome.reason,
    )
    status = Status.objects.filter(machine=action.machine)
    if outcome.state == State.FAILED:
        status.filter(last_action=action).update(last_action=_one_before(action.machine))
    status.update(revision=revision)
    return True


def _fields(outcome: Outcome, at: datetime) -> dict[str, Any]:
    """Of the row. What failed is not watched: it was not done."""
    fields = {
        "state": outcome.state,
        "answered_at": at,
        "reason": outcome.reason,
        "said": outcome.said,
        "http_status": outcome.http_status,
    }
    if outcome.state == State.FAILED:
        fields |= {"observed": Observed.NONE, "observed_at": None}
    if receipt := outcome.receipt:
        uid, created, finished = receipt.uid, receipt.created, receipt.finished or ""
        fields |= {"uid": uid[:200], "created": created[:64], "finished": finished[:64]}
    return fields


def _one_before(machine: Machine) -> PowerAction | None:
    """The newest action that was not refused: to the machine, one that was has never been."""
    rest = PowerAction.objects.filter(machine=machine).exclude(state=State.FAILED)
    return rest.order_by("-requested_at", "-pk").first()
