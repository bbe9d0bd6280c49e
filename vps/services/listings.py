"""What a project's listing tells: which machines a token reads, their names and addresses."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from vps.models import Access, Machine, Revision, Status, Token, TokenProject
from vps.provider.addresses import is_id
from vps.provider.replies import Listed, Listing


@transaction.atomic
def apply_listing(token: Token, project: str, listing: Listing, at: datetime) -> int:
    """Writes what the listing told; returns how many machines this token reads in the project.

    An empty listing after a full one is a fault, not a deletion: it changes nothing.
    """
    listed = {entry.uid: entry for entry in listing.machines if is_id(entry.uid)}
    reads = Access.objects.filter(token=token, machine__project=project)
    if not listed and reads.exists():
        return reads.count()
    revision = Revision.take()
    machines = ensure_machines(project, listed, at, revision)
    for product, entry in listed.items():
        _describe(machines[product], entry, revision)
    grant_access(token, machines.values(), Access.How.LISTED, at)
    missing = reads.filter(how=Access.How.LISTED).exclude(machine__product__in=listed)
    for machine in Machine.objects.filter(accesses__in=missing).distinct():
        machine.missed = min(machine.missed + 1, 1000)
        machine.save(update_fields=["missed"])
    return reads.count()


def ensure_machines(project: str, products: Iterable[str], at: datetime, revision: int) -> dict[str, Machine]:
    """The machines by product, made where they are new, each with a status that is due at once."""
    wanted = list(products)
    Machine.objects.bulk_create(
        [Machine(project=project, product=product) for product in wanted], ignore_conflicts=True
    )
    machines = {
        machine.product: machine for machine in Machine.objects.filter(project=project, product__in=wanted)
    }
    interval = settings.VPS_INTERVAL
    late = at + timedelta(seconds=2 * interval)
    blank = [
        Status(machine=machine, due_at=at, late_at=late, interval=interval, revision=revision)
        for machine in machines.values()
    ]
    Status.objects.bulk_create(blank, ignore_conflicts=True)
    return machines


def grant_access(token: Token, machines: Iterable[Machine], how: Access.How, at: datetime) -> None:
    """The provider has just answered for these machines with this token. That one of them may not be read (403)
    stands until `refusals.accept` notes that its status was answered."""
    rows = [Access(token=token, machine=machine, how=how, proved_at=at) for machine in machines]
    Access.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["token", "machine"], update_fields=["proved_at"]
    )


def _describe(machine: Machine, entry: Listed, revision: int) -> None:
    told = {
        "name": entry.name,
        "ipv4": (entry.ipv4 or "")[:64],
        "ipv6": (entry.ipv6 or "")[:64],
        "listed_status": (entry.status or "")[:64],
        "missed": 0,
    }
    changed = [name for name, value in told.items() if getattr(machine, name) != value]
    if not changed:
        return
    for name in changed:
        setattr(machine, name, told[name])
    machine.save(update_fields=changed)
    if {"name", "ipv4", "ipv6"} & set(changed):
        Status.objects.filter(machine=machine).update(revision=revision)


def note_project(
    token: Token, project: str, how: TokenProject.How, problem: str = "", said: str = ""
) -> None:
    """Remembers how a project's machines are known through this token, or why not."""
    TokenProject.objects.update_or_create(
        token=token,
        project=project,
        defaults={"how": how, "problem": problem, "said": said, "checked_at": timezone.now()},
    )
