"""What a project's listing tells: which machines a token reads, their names and addresses."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from vps.models import Access, Machine, Revision, Status, Token, TokenProject
from vps.provider.replies import Listed, Listing
from vps.services.readings import lateness

DESCRIBING = ["name", "ipv4", "ipv6"]
TOLD = [*DESCRIBING, "listed_status", "described_at", "missed"]
MOST_MISSED = 1000


@transaction.atomic
def apply_listing(token: Token, project: str, listing: Listing, at: datetime) -> None:
    """Writes what the listing told. An empty one after a full one is a fault, not a deletion: it changes nothing."""
    listed = {entry.uid: entry for entry in listing.machines}
    reads = Access.objects.filter(token=token, machine__project=project)
    if not listed and reads.exists():
        return
    revision = Revision.take()
    described = _describe(project, listed, at)
    machines = ensure_machines(project, listed, at, revision)
    grant_access(token, machines.values(), Access.How.LISTED, at)
    Status.objects.filter(machine__in=[machines[product].pk for product in described]).update(
        revision=revision
    )
    missing = reads.filter(how=Access.How.LISTED).exclude(machine__product__in=listed)
    missed = Machine.objects.filter(pk__in=missing.values("machine_id"), missed__lt=MOST_MISSED)
    missed.update(missed=F("missed") + 1)


def ensure_machines(project: str, products: Iterable[str], at: datetime, revision: int) -> dict[str, Machine]:
    """The machines by product, made where they are new; a status that is due at once where there is none, or where
    nobody read the machine for so long that it is late. Must be called before the access is granted."""
    wanted = list(products)
    known = Machine.objects.filter(project=project, product__in=wanted)
    new = set(wanted) - set(known.values_list("product", flat=True))
    Machine.objects.bulk_create(
        [Machine(project=project, product=product) for product in new], ignore_conflicts=True
    )
    unread = known.filter(status__late_at__lt=at).exclude(accesses__token__owner__is_active=True)
    Status.objects.filter(machine__in=list(unread.values_list("pk", flat=True))).delete()
    interval = settings.VPS_INTERVAL
    late = at + timedelta(seconds=interval) + lateness(interval)
    blank = [
        Status(machine_id=pk, due_at=at, late_at=late, interval=interval, wanted=interval, revision=revision)
        for pk in known.filter(status=None).values_list("pk", flat=True)
    ]
    Status.objects.bulk_create(blank, ignore_conflicts=True)
    return {machine.product: machine for machine in known.all()}


def grant_access(token: Token, machines: Iterable[Machine], how: Access.How, at: datetime) -> None:
    """The provider has just answered for these machines with this token. That one of them may not be read (403)
    stands until `refusals.accept` notes that its status was answered."""
    rows = [Access(token=token, machine=machine, how=how, proved_at=at) for machine in machines]
    Access.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["token", "machine"], update_fields=["proved_at"]
    )


def _describe(project: str, listed: Mapping[str, Listed], at: datetime) -> list[str]:
    """Writes the machines that are new or told otherwise than before, all at once; returns the products whose name
    or addresses changed."""
    known = {each.product: each for each in Machine.objects.filter(project=project, product__in=listed)}
    changed: list[Machine] = []
    described: list[str] = []
    for product, entry in listed.items():
        machine = known.get(product) or Machine(project=project, product=product)
        told = _told(entry)
        differing = [name for name, value in told.items() if getattr(machine, name) != value]
        if set(differing) & set(DESCRIBING):
            described.append(product)
            machine.described_at = at
        if differing:
            for name in differing:
                setattr(machine, name, told[name])
            changed.append(machine)
    Machine.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["project", "product"], update_fields=TOLD
    )
    return described


def _told(entry: Listed) -> dict[str, Any]:
    """The fields of Machine that this entry decides."""
    return {
        "name": entry.name,
        "ipv4": entry.ipv4 or "",
        "ipv6": entry.ipv6 or "",
        "listed_status": entry.status or "",
        "missed": 0,
    }


def note_project(
    token: Token, project: str, how: TokenProject.How, problem: str = "", said: str = ""
) -> None:
    """Remembers how a project's machines are known through this token, or why not."""
    TokenProject.objects.update_or_create(
        token=token,
        project=project,
        defaults={"how": how, "problem": problem, "said": said, "checked_at": timezone.now()},
    )
