"""Who may do what to which machine: the only gate.

Everything that calls the provider needs a Grant, and only this module gives them out. What a person may not know of
is 404.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery, UUIDField
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from vps.models import Access, Machine, Token, TokenProject

# a listing comes every 5 minutes; what it did not hold must be proved by a status
LISTING_PROVES = timedelta(minutes=6)


class Operation(StrEnum):
    """The calls of the provider's API that a grant may be for."""

    STATUS = "status"
    LISTING = "listing"


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


def visible_machines(user: AbstractBaseUser) -> QuerySet[Machine]:
    """The machines on this person's board.

    Each carries `granted`: whether one of their tokens reads it now; `refused_at`: since when the last of them is
    refused; `listable`: whether one of these tokens is still good for listings; `newest_access`: the id of their
    latest access to it; `shown_through`: the id of their oldest token for it; and `told`: whether what the provider
    said of the last check was said to a token of theirs. A refused token grants nothing heard after that moment (see
    services.cards).
    """
    own = Access.objects.filter(machine=OuterRef("pk"), token__owner_id=user.pk).order_by()
    good = own.filter(refused_at=None, token__refused_at=None)
    each = own.values("machine")
    refused = each.annotate(last=Max(Coalesce("refused_at", "token__refused_at")))
    return Machine.objects.filter(Exists(own)).annotate(
        granted=Exists(good),
        listable=Exists(own.filter(token__refused_at=None)),
        refused_at=Subquery(refused.values("last")),
        newest_access=Subquery(each.annotate(newest=Max("pk")).values("newest")),
        shown_through=Subquery(own.order_by("pk").values("token_id")[:1], output_field=UUIDField()),
        told=Exists(Token.objects.filter(pk=OuterRef("status__said_to"), owner_id=user.pk)),
    )


def get_machine(user: AbstractBaseUser, project: str, product: str) -> Machine:
    """The machine, with its status, if this person may know of it. Raises Http404."""
    machines = visible_machines(user).select_related("status")
    return get_object_or_404(machines, project=project, product=product)


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
