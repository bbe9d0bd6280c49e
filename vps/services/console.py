"""Consoles: a ticket for each connection, a row for each stay, its signs of life, and its end.

A ticket and its secret pass through, to the page's memory, and are kept nowhere.
"""

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from vps.access import Acting, Operation, get_acting, get_machine_as
from vps.models import ConsoleSession, Machine, Role, Token
from vps.provider import errors
from vps.provider.secret import Secret
from vps.services import audit
from vps.services.acting import call, learn_ability
from vps.services.board import collector_late
from vps.services.cards import Card, show_card
from vps.services.console_address import console_address, console_origin
from vps.services.interest import look_at_machine
from vps.services.words import error_sentence

SILENCE = timedelta(seconds=60)  # a page that gave no sign of life for so long is gone
Ended = ConsoleSession.Ended


@dataclass(frozen=True)
class Inside:
    """Somebody who is in a console now."""

    name: str
    since: datetime
    me: bool


@dataclass(frozen=True)
class ConsolePage:
    """What the page says of the machine and of who is in its console. `stopped`: it surely has no screen now. `seen`
    is a mark of all this."""

    card: Card
    stopped: bool
    people: tuple[Inside, ...]
    late: bool
    seen: str
    configured: bool


@dataclass(frozen=True)
class Opened:
    """The way in: good for one connection, and for a short time."""

    session: UUID
    url: Secret
    secret: Secret


@dataclass(frozen=True)
class Shut:
    """Why there is no way in. `again`: it may be another moment; else `token` needs a look, None if it is another's."""

    sentence: str
    again: bool
    token: Token | None


def show_console(user: AbstractBaseUser, project: str, product: str) -> ConsolePage:
    """Reads the database only. Raises Http404; PermissionDenied to whom may only look at the machine."""
    machine, now = get_machine_as(user, project, product, Role.OPERATOR), timezone.now()
    look_at_machine(user, machine)
    late = collector_late(user, now)
    card = show_card(machine, late=late)
    people = people_inside(machine, user, now)
    told = (card.revision, card.state, card.stale, *(each.name for each in people))
    return ConsolePage(
        card=card,
        stopped=card.reported == "stopped" and not card.stale,
        people=people,
        late=late,
        seen="-".join(map(str, told)),
        configured=bool(console_origin()),
    )


def people_inside(machine: Machine, user: AbstractBaseUser, now: datetime) -> tuple[Inside, ...]:
    """Everybody once, in the order in which they came."""
    inside = ConsoleSession.objects.filter(machine=machine, ended=Ended.OPEN, seen_at__gt=now - SILENCE)
    found: dict[str, Inside] = {}
    for session in inside.order_by("opened_at"):
        me = session.person_id == user.pk
        found.setdefault(session.person_name, Inside(session.person_name, session.opened_at, me))
    return tuple(found.values())


def goes_on(user: AbstractBaseUser, project: str, product: str, session_id: UUID | None) -> bool:
    """Whether a ticket would be for a stay that has not ended. Raises what `open_console` raises; asks nobody."""
    machine = get_acting(user, project, product, Operation.CONSOLE).machine
    return session_id is not None and not _stay(user, machine, session_id).ended


@sensitive_variables("ticket", "url")
def open_console(
    user: AbstractBaseUser, project: str, product: str, session_id: UUID | None
) -> Opened | Shut:
    """Asks the provider for a ticket. `session_id`: of the stay that this connection goes on with; one that has ended
    begins anew. Raises Http404 and PermissionDenied as `access.get_acting` does, and Http404 for a stay that is not
    this person's in this machine."""
    acting = get_acting(user, project, product, Operation.CONSOLE)
    session = _stay(user, acting.machine, session_id) if session_id else None
    if not console_origin():
        raise PermissionDenied(
            _("This panel was given no address of consoles: its operator sets VPS_CONSOLE_URL.")
        )
    try:
        ticket = call(acting, lambda client: client.console(project, product))
        url = console_address(project, product, ticket.ticket)
    except errors.ProviderError as error:
        learn_ability(acting, error)
        if session is None or session.ended:
            _note_failure(user, acting, error)
        return _shut(acting, error)
    learn_ability(acting, None)
    return Opened(_let_in(user, acting, session).pk, url, ticket.secret)


@transaction.atomic
def stay_in_console(user: AbstractBaseUser, project: str, product: str, session_id: UUID) -> None:
    """A sign of life. One that was taken for gone meanwhile is in again, which is written down. Raises Http404 and
    PermissionDenied where this person may not use the console any more, or has closed it."""
    acting = get_acting(user, project, product, Operation.CONSOLE)
    session = _stay(user, acting.machine, session_id, lock=True)
    if session.ended == Ended.CLOSED:
        raise Http404
    if session.ended:
        session.ended, session.ended_at = Ended.OPEN, None
        _note_opened(user, acting, session, again=1)
    session.seen_at = timezone.now()
    session.save(update_fields=["ended", "ended_at", "seen_at"])


@transaction.atomic
def close_console(user: AbstractBaseUser, project: str, product: str, session_id: UUID) -> None:
    """The page says that it is gone. Also for who may not use the console any more. Raises Http404."""
    machine = get_object_or_404(Machine, project=project, product=product)
    session = _stay(user, machine, session_id, lock=True)
    if not session.ended:
        _end(session, Ended.CLOSED, timezone.now())


def sweep_consoles(now: datetime) -> int:
    """Ends the stays that gave no sign of life for a minute, at the last of them. By the collector."""
    silent = ConsoleSession.objects.filter(ended=Ended.OPEN, seen_at__lt=now - SILENCE)
    return sum(_end_silent(session.pk, now) for session in silent)


@transaction.atomic
def _end_silent(session_id: UUID, now: datetime) -> int:
    silent = ConsoleSession.objects.filter(pk=session_id, ended=Ended.OPEN, seen_at__lt=now - SILENCE)
    session = silent.select_for_update(of=["self"]).select_related("machine", "person").first()
    if session is None:
        return 0  # it gave one, or somebody else ended it
    _end(session, Ended.LAST_SEEN, session.seen_at)
    return 1


def _end(session: ConsoleSession, how: ConsoleSession.Ended, at: datetime) -> None:
    session.ended, session.ended_at = how, at
    session.save(update_fields=["ended", "ended_at"])
    audit.record(
        audit.Code.CONSOLE_CLOSED,
        outcome=how,
        person=session.person,
        machine=session.machine,
        token=Token.objects.filter(pk=session.token_id).select_related("owner").first(),
        session=str(session.pk),
        seconds=round((at - session.opened_at).total_seconds()),
        tickets=session.tickets,
    )


def _stay(
    user: AbstractBaseUser, machine: Machine, session_id: UUID, *, lock: bool = False
) -> ConsoleSession:
    own: QuerySet[ConsoleSession] = ConsoleSession.objects.filter(machine=machine, person_id=user.pk)
    return get_object_or_404(own.select_for_update() if lock else own, pk=session_id)


@transaction.atomic
def _let_in(user: AbstractBaseUser, acting: Acting, session: ConsoleSession | None) -> ConsoleSession:
    """The stay that this ticket belongs to: the open one, or a new one."""
    now = timezone.now()
    if session is not None:
        with contextlib.suppress(Http404):
            session = _stay(user, acting.machine, session.pk, lock=True)
            if not session.ended:
                session.tickets, session.seen_at = session.tickets + 1, now
                session.save(update_fields=["tickets", "seen_at"])
                return session
    session = ConsoleSession.objects.create(
        machine=acting.machine,
        person_id=user.pk,
        person_name=user.get_username(),
        token_id=acting.token.pk,
        token_name=acting.token.name,
        opened_at=now,
        seen_at=now,
        tickets=1,
    )
    _note_opened(user, acting, session)
    return session


def _note_opened(user: AbstractBaseUser, acting: Acting, session: ConsoleSession, **detail: Any) -> None:
    audit.record(
        audit.Code.CONSOLE_OPENED,
        outcome="succeeded",
        person=user,
        machine=acting.machine,
        token=acting.token,
        session=str(session.pk),
        **detail,
    )


@transaction.atomic
def _note_failure(user: AbstractBaseUser, acting: Acting, error: errors.ProviderError) -> None:
    audit.record(
        audit.Code.CONSOLE_OPENED,
        outcome="failed",
        person=user,
        machine=acting.machine,
        token=acting.token,
        reason=error.code,
    )


def _shut(acting: Acting, error: errors.ProviderError) -> Shut:
    for_good = isinstance(error, errors.TokenRefused | errors.NotAllowed | errors.NotFound)
    return Shut(error_sentence(error, own=acting.own), not for_good, acting.token if acting.own else None)
