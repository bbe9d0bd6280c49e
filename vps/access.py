"""Who may do what to which machine: the only gate.

Everything that calls the provider needs a Grant, and only this module gives them out. What a person may not know of
is 404.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Case, Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from vps.models import Ability, Access, Machine, PowerAction, Token, TokenProject
from vps.models.kept import Kept

# a listing comes every 5 minutes; what it did not hold must be proved by a status
LISTING_PROVES = timedelta(minutes=6)


class Operation(StrEnum):
    """The calls of the provider's API that a grant may be for."""

    STATUS = "status"
    LISTING = "listing"
    POWER = "power"
    CONSOLE = "console"
    LOGIN = "login"
    CLEAR_LOGIN = "clear_login"


@dataclass(frozen=True)
class Grant:
    """The right to make one kind of call with one token: for one machine, or for one project (`product` is "").

    `token` is the sealed value, `bound_to` what its seal is bound to. Opening it is the provider service's work.
    """

    operation: Operation
    project: str
    product: str
    token_id: UUID
    sealed: bytes = field(repr=False)
    bound_to: str


@dataclass(frozen=True)
class Reader:
    """One way to read one machine, for the collector: its grant, whether the provider refuses it now, and whether
    no listing proves the access: the machine was named by hand, or the token's listing is refused by now or has not
    held the machine for a while."""

    machine_id: int
    access_id: int
    refused: bool
    unproved: bool
    grant: Grant


def visible_machines(user: AbstractBaseUser | int) -> QuerySet[Machine]:
    """The machines on this person's board; of a person, or of their key.

    Each carries `granted`: whether one of their tokens reads it now; `refused_at`: since when the last of them is
    refused; `listable`: whether one of these tokens is still good for listings; `newest_access`: the id of their
    latest access to it; `shown_through`: the id of their oldest token for it; and `told`: whether what the provider
    said of the last check was said to a token of theirs. A refused token grants nothing heard after that moment (see
    services.cards).
    """
    person = user if isinstance(user, int) else user.pk
    own = Access.objects.filter(machine=OuterRef("pk"), token__owner_id=person).order_by()
    good = own.filter(refused_at=None, token__refused_at=None)
    each = own.values("machine")
    refused = each.annotate(last=Max(Coalesce("refused_at", "token__refused_at")))
    # In the list and not by Exists: only one's own machines are looked at, however many there are.
    mine = visible_accesses(person).values("machine")
    return Machine.objects.filter(pk__in=mine).annotate(
        granted=Exists(good),
        listable=Exists(own.filter(token__refused_at=None)),
        refused_at=Subquery(refused.values("last")),
        newest_access=Subquery(each.annotate(newest=Max("pk")).values("newest")),
        shown_through=Subquery(own.order_by("pk").values("token_id")[:1], output_field=models.UUIDField()),
        told=Exists(Token.objects.filter(pk=OuterRef("status__said_to"), owner_id=person)),
    )


def visible_accesses(person: int) -> QuerySet[Access]:
    """What shows this person (by their key) the machines of `visible_machines`: one row for each way."""
    return Access.objects.filter(token__owner_id=person)


def get_machine(user: AbstractBaseUser, project: str, product: str) -> Machine:
    """The machine, with its status, if this person may know of it. Raises Http404."""
    for machine in _MACHINE.rows(person=user.pk, project=project, product=product):
        return machine
    raise Http404(_("There is no such machine, or it is none of yours."))


def _ask_machine(person: int, project: str, product: str) -> QuerySet[Machine]:
    machines = visible_machines(person).select_related("status__last_action")
    return machines.filter(project=project, product=product)


_MACHINE = Kept(_ask_machine)


@dataclass(frozen=True)
class Acting:
    """A person's right to do one thing to one machine: the grant, and the token whose grant it is. `tried`: whether the
    token was seen to be allowed it, or refused; None if it was not tried. `booted_at`: when the machine had booted, as
    far as is known; None while an action is watched, since when it may have booted anew."""

    machine: Machine
    token: Token
    grant: Grant
    tried: bool | None
    booted_at: datetime | None


def get_acting(user: AbstractBaseUser, project: str, product: str, operation: Operation) -> Acting:
    """The right to act on a machine, with the token that is to be used: one that is not known to be refused this
    operation, if there is any; a person's own act asks the provider again whether it still is. Raises Http404 where
    this person may not know of the machine; PermissionDenied where none of their tokens reads it now.

    One query, as a person waits for it. The machine carries `granted` and `refused_at` as on a board.
    """
    if operation in (Operation.STATUS, Operation.LISTING):
        raise ValueError("reading is not acting")
    found = _ACCESSES.rows(person=user.pk, project=project, product=product, operation=operation.value)
    access = min(found, key=lambda row: (row.tried is False, row.pk), default=None)
    if access is None:
        get_machine(user, project, product)
        raise PermissionDenied(
            _("No token of yours reads this machine now. Replace the token, then try again.")
        )
    vars(access.machine).update(granted=True, refused_at=None)
    grant = _grant(operation, access.token, project, product)
    return Acting(access.machine, access.token, grant, access.tried, access.booted_at)


def _ask_accesses(person: int, project: str, product: str, operation: str) -> QuerySet[Any]:
    abilities = Ability.objects.filter(token=OuterRef("token"), operation=operation)
    good = Access.objects.filter(
        token__owner_id=person, token__owner__is_active=True, token__refused_at=None, refused_at=None
    )
    here = good.filter(machine__project=project, machine__product=product)
    watched = Q(machine__status__last_action__observed=PowerAction.Observed.WATCHING)
    return here.select_related("machine", "token__owner").annotate(
        tried=Subquery(abilities.values("allowed")[:1]),
        booted_at=Case(When(watched, then=None), default=F("machine__status__booted_at")),
    )


_ACCESSES = Kept(_ask_accesses)


def get_token(user: AbstractBaseUser, token_id: UUID, *, lock: bool = False) -> Token:
    """One's own token; with `lock` nobody else changes it until the transaction ends. Raises Http404 for anybody
    else's."""
    own = Token.objects.filter(owner_id=user.pk)
    return get_object_or_404(own.select_for_update() if lock else own, pk=token_id)


def listing_grant(token: Token, project: str) -> Grant:
    """To list a project with a token: for its owner, or for the collector."""
    return _grant(Operation.LISTING, token, project, "")


def status_grant(token: Token, project: str, product: str) -> Grant:
    """To read a machine with a token: for its owner, or for the collector."""
    return _grant(Operation.STATUS, token, project, product)


def own_grant(user: AbstractBaseUser, token: Token, project: str, product: str = "") -> Grant:
    """The owner's right to try their own token, saved or about to be: a listing, or with `product` one status."""
    if token.owner_id != user.pk:
        raise Http404(_("There is no such token."))
    return status_grant(token, project, product) if product else listing_grant(token, project)


def readable_machines() -> QuerySet[Machine]:
    """The machines that the collector may ask for: those of `machine_readers`."""
    return Machine.objects.filter(
        Exists(Access.objects.filter(machine=OuterRef("pk"), token__owner__is_active=True))
    )


def rights_mark() -> tuple[object, ...]:
    """What changes whenever `machine_readers` may tell otherwise, but for proofs that grow old: much cheaper than it.

    Whatever that function looks at must be told here, else a withdrawn right would hold for a minute more.
    """
    refused = Q(refused_at__isnull=False)
    accesses = Access.objects.aggregate(
        number=Count("pk"),
        which=Sum("pk"),
        refused=Sum("pk", filter=refused),
        last=Max("refused_at"),
    )
    tokens = Token.objects.filter(owner__is_active=True).order_by("pk")
    sealed = [
        (pk, refused_at, bytes(seal))
        for pk, refused_at, seal in tokens.values_list("pk", "refused_at", "sealed")
    ]
    projects = TokenProject.objects.order_by("pk").values_list("pk", "how")
    return accesses, sealed, list(projects)


def machine_readers() -> Iterator[Reader]:
    """The collector's own rights: every way to read every machine. Status only."""
    now = timezone.now()
    tokens = {token.pk: token for token in Token.objects.filter(owner__is_active=True)}
    listed = set(TokenProject.objects.filter(how=TokenProject.How.LISTED).values_list("token_id", "project"))
    rows = Access.objects.filter(token__in=tokens).order_by("machine_id", "id")
    names = (
        "machine_id",
        "pk",
        "token_id",
        "refused_at",
        "proved_at",
        "machine__project",
        "machine__product",
    )
    hands = set(rows.filter(how=Access.How.HAND).values_list("pk", flat=True))
    for machine_id, access_id, token_id, refused_at, proved_at, project, product in rows.values_list(*names):
        token = tokens[token_id]
        refused = bool(refused_at or token.refused_at)
        grant = status_grant(token, project, product)
        unproved = access_id in hands or (token_id, project) not in listed or proved_at < now - LISTING_PROVES
        yield Reader(machine_id, access_id, refused, unproved, grant)


def listings_due(before: datetime) -> QuerySet[TokenProject]:
    """The projects whose listing the collector last tried before that moment. Lists only."""
    active = TokenProject.objects.filter(token__owner__is_active=True)
    return active.filter(checked_at__lt=before).select_related("token").order_by("checked_at")


def _grant(operation: Operation, token: Token, project: str, product: str) -> Grant:
    return Grant(operation, project, product, token.pk, bytes(token.sealed), token.bound_to)
