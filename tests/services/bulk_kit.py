"""What the tests of bulks on their way share: a confirmed bulk of a running provider's machines, and its receipts."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from vps.models import Access, Bulk, BulkItem, Machine, Status, Token
from vps.services import bulk as bulks
from vps.services.bulk_run import press_next
from vps.simulator.server import Simulator

Make = Callable[..., Bulk]
AddToken = Callable[..., Token]
Item = BulkItem.State


@pytest.fixture
def token(anna: User, add_token: AddToken) -> Token:
    return add_token(anna)


@pytest.fixture
def make(anna: User, token: Token, simulator: Simulator) -> Make:
    """A confirmed bulk of all machines, which run; with `more` of them than the simulator has at first."""

    def confirmed(command: str = "reboot", more: int = 0) -> Bulk:
        project = next(iter(simulator.projects))
        for number in range(more):
            made = simulator.add_machine(project)
            machine = Machine.objects.create(project=project, product=made.product, name=f"more-{number:03d}")
            now = timezone.now()
            Status.objects.create(machine=machine, interval=10, due_at=now, late_at=now)
            Access.objects.create(token=token, machine=machine, how="listed", proved_at=now)
        for product in Machine.objects.values_list("product", flat=True):
            simulator.set(product, status="running")
        chosen = bulks.choose_machines(anna, [str(pk) for pk in Machine.objects.values_list("pk", flat=True)])
        bulk = bulks.make_bulk(anna, command, chosen)
        bulks.confirm_bulk(anna, bulk.pk)
        return bulk

    return confirmed


def states(bulk: Bulk) -> list[str]:
    return sorted(bulk.items.values_list("state", flat=True))


def asked(simulator: Simulator) -> dict[str, int]:
    """How often each machine was asked to do something."""
    controls = simulator.calls.received("control")
    return {one.product: sum(other.product == one.product for other in controls) for one in controls}


def drive(user: User, bulk: Bulk) -> None:
    """As a page does, until nothing is waiting."""
    for _post in range(1000):
        press_next(user, bulk.pk)
        if not bulk.items.filter(state__in=[Item.WAITING, Item.TAKEN]).exists():
            return
    raise AssertionError("it does not come to an end")
