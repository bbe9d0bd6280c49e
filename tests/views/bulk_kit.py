"""What the tests of bulks' pages share."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.rows import give_action
from vps.models import Bulk, BulkItem, Machine
from vps.services import bulk as bulks


@pytest.fixture
def bulk(anna: User, machines: list[Machine]) -> Bulk:
    """Anna was asked whether to reboot her three machines."""
    return bulks.make_bulk(anna, "reboot", bulks.choose_machines(anna, [str(one.pk) for one in machines]))


@pytest.fixture
def confirmed(anna: User, bulk: Bulk) -> Bulk:
    bulks.confirm_bulk(anna, bulk.pk)
    return Bulk.objects.get()


def at(bulk: Bulk, act: str = "") -> str:
    return f"/bulk/{bulk.pk}/{act}/" if act else f"/bulk/{bulk.pk}/"


def chosen(client: Client, command: str, *machines: Machine, **more: str) -> str:
    """The page that a press of a button of the bar leads to."""
    fields = {"command": command, "machine": [str(one.pk) for one in machines], **more}
    return client.post("/bulk/", fields, follow=True).content.decode()


def read(client: Client, bulk: Bulk) -> str:
    return client.get(at(bulk)).content.decode()


def pressed(bulk: Bulk, anna: User, *outcomes: dict[str, object]) -> None:
    """What the provider answered for each machine."""
    for item, fields in zip(bulk.items.all(), outcomes, strict=True):
        action = give_action(item.machine, anna, command=bulk.command, **fields)
        BulkItem.objects.filter(pk=item.pk).update(
            state=BulkItem.State.PRESSED, action=action, taken_at=timezone.now()
        )
