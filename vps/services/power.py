"""Power actions: a row is committed before anything is sent, and a POST is sent once.

`requested → sent → succeeded | failed | unknown` (services.outcomes); what the machine then does is watched apart
(services.watching).
"""

import hashlib
import logging
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from vps.access import Acting, Operation, get_acting
from vps.models import PowerAction, Revision, Status
from vps.provider import errors
from vps.provider.client import Action, Client
from vps.provider.replies import ActionReceipt
from vps.services import audit
from vps.services.acting import call, learn_ability
from vps.services.actions import OPEN
from vps.services.outcomes import NEVER_SENT_SECONDS, Outcome, outcome_of, sweep_actions, write_outcome
from vps.services.protection import NameNeeded, check_name
from vps.services.watching import WATCH_SECONDS, end_old_watches

__all__ = ["NameNeeded", "Press", "press_button", "press_of", "sweep_actions"]

logger = logging.getLogger(__name__)

TRIES = 20
NONCE_LENGTH = 56  # longer ones, and strange ones, are known by their hash
PLAIN = re.compile(r"[A-Za-z0-9_-]+")
PAUSE_SECONDS = 5.0  # longer than this no commit takes, but where the process was stopped in its midst
PAUSE = timedelta(seconds=NEVER_SENT_SECONDS)

State, Observed = PowerAction.State, PowerAction.Observed


@dataclass(frozen=True)
class Press:
    """What a press of a button led to: `action` is the row it made; if not `mine`, it made none, because that earlier
    action is the same press, or the same command still watched; `conflict`: another command is under way."""

    action: PowerAction
    mine: bool = True
    conflict: bool = False


class GivenUp(Exception):
    """A sweep ended the row before anything was sent."""


def press_button(
    user: AbstractBaseUser,
    project: str,
    product: str,
    command: PowerAction.Command,
    nonce: str,
    name: str = "",
) -> Press:
    """Asks the provider for a power action, once for each nonce; waits for its answer, up to 5 s.

    Never inside a transaction. Raises Http404 and PermissionDenied as `access.get_acting` does, and NameNeeded where
    the machine is protected and `name` is not what it is called. Whatever the provider does is an outcome.
    """
    acting = get_acting(user, project, product, Operation.POWER)
    check_name(acting.machine, name)
    press = _request(user, acting, command, press_of(command, nonce))
    if not press.mine:
        return press
    try:
        outcome, error = _send(acting, press.action)
    except GivenUp:
        sweep_actions(timezone.now(), acting.machine.pk)
        press.action.refresh_from_db()
        return press
    write_outcome(press.action, outcome, user, acting.token)
    learn_ability(acting, error)
    return press


def press_of(command: str, nonce: str) -> str:
    """Another button of the same old page is another press; a form without a nonce is none of ours, and each of its
    presses is one of its own."""
    nonce = nonce or secrets.token_urlsafe()
    plain = len(nonce) <= NONCE_LENGTH and PLAIN.fullmatch(nonce)
    short = nonce if plain else hashlib.sha256(nonce.encode(errors="replace")).hexdigest()[:NONCE_LENGTH]
    return f"{command}:{short}"


def _request(user: AbstractBaseUser, acting: Acting, command: PowerAction.Command, press: str) -> Press:
    """The new row, or the one that stands in its way; the database decides, whoever presses at the same time."""
    for _try in range(TRIES):
        try:
            return Press(_insert(user, acting, command, press))
        except IntegrityError:
            now = timezone.now()
            if sweep_actions(now, acting.machine.pk) or end_old_watches(now, acting.machine.pk):
                continue  # what stood in the way was over
            if earlier := _in_the_way(acting, command, press):
                earlier.action.machine = acting.machine
                return earlier
    raise RuntimeError("actions of this machine come and go faster than they can be read")


@transaction.atomic(durable=True)
def _insert(user: AbstractBaseUser, acting: Acting, command: PowerAction.Command, press: str) -> PowerAction:
    if connection.vendor == "postgresql":
        # Its log is written in order: the next commit, `_mark_sent`, waits until both are on the disk.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")
    revision = Revision.take()
    action = PowerAction.objects.create(
        machine=acting.machine,
        person_id=user.pk,
        person_name=user.get_username(),
        token_id=acting.token.pk,
        token_name=acting.token.name,
        command=command,
        nonce=press,
        requested_at=timezone.now(),
        booted_before=acting.booted_at,
    )
    audit.record(
        audit.Code.POWER_REQUESTED,
        person=user,
        machine=acting.machine,
        token=acting.token,
        command=command,
        action=action.pk,
    )
    Status.objects.filter(machine=acting.machine).update(last_action=action, revision=revision)
    return action


def _in_the_way(acting: Acting, command: str, press: str) -> Press | None:
    actions = PowerAction.objects.filter(machine=acting.machine)
    if same := actions.filter(nonce=press).first():
        return Press(same, mine=False)
    under_way = Q(observed=Observed.WATCHING) | Q(state__in=OPEN)
    if same := actions.filter(under_way, command=command).first():
        return Press(same, mine=False)
    if other := actions.filter(state__in=OPEN).first():
        return Press(other, mine=False, conflict=True)
    return None


def _send(acting: Acting, action: PowerAction) -> tuple[Outcome, errors.ProviderError | None]:
    """What the provider answered. Raises GivenUp if nothing may be sent any more."""
    machine, command = acting.machine, cast(Action, action.command)

    def post(client: Client) -> ActionReceipt:
        began = time.monotonic()
        _mark_sent(action)
        if time.monotonic() - began > PAUSE_SECONDS or timezone.now() - action.requested_at > PAUSE:
            raise errors.Unreachable(
                "late"
            )  # this process stood still: others may have been told what became of it
        return client.control(machine.project, machine.product, command)

    try:
        return Outcome(State.SUCCEEDED, receipt=call(acting, post)), None
    except errors.ProviderError as error:
        return outcome_of(error), error
    except GivenUp:
        raise
    except Exception:  # whatever it is, the row must tell of it
        logger.exception("a power action of %s/%s ended in an unknown way", machine.project, machine.product)
        sent = action.state == State.SENT
        unforeseen = errors.OutcomeUnknown("internal") if sent else errors.Unreachable("internal")
        return outcome_of(unforeseen), unforeseen


def _mark_sent(action: PowerAction) -> None:
    """Committed before the connection is opened. Raises GivenUp where a sweep has ended the row, or is about to."""
    now = timezone.now()
    row = PowerAction.objects.filter(pk=action.pk, state=State.REQUESTED)
    row = row.filter(requested_at__gt=now - timedelta(seconds=NEVER_SENT_SECONDS))
    until = now + timedelta(seconds=WATCH_SECONDS)
    with _on_the_disk():
        if not row.update(state=State.SENT, sent_at=now, watch_until=until):
            raise GivenUp
    action.state, action.sent_at, action.watch_until = State.SENT, now, until


@contextmanager
def _on_the_disk() -> Iterator[None]:
    """What is committed in here, and before, outlives a power cut. PostgreSQL does so always, SQLite where told."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        usual = cursor.execute("PRAGMA synchronous").fetchone()[0]
        cursor.execute("PRAGMA synchronous=FULL")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA synchronous={int(usual)}")
