"""The collector's own rights: to list and to read, by everybody's tokens."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from vps.models import Access, Machine, Token, TokenProject

from .grants import ReadGrant, status_grant

# a listing comes every 5 minutes; what it did not hold must be proved by a status
LISTING_PROVES = timedelta(minutes=6)


@dataclass(frozen=True)
class Reader:
    """One way to read one machine, for the collector: its grant, whether the provider refuses it now, and whether
    no listing proves the access: the machine was named by hand, or the token's listing is refused by now or has not
    held the machine for a while."""

    machine_id: int
    access_id: int
    refused: bool
    unproved: bool
    grant: ReadGrant


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
