"""What a project's listing writes: machines with their names, statuses that are due, and who reads them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.rows import give_access, give_machine, give_token, heard
from vps.models import Access, Machine, Status, Token
from vps.provider.replies import Listed, Listing
from vps.services.listings import apply_listing

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=3)


def entry(product: str, **fields: Any) -> Listed:
    told = {"name": product, "ipv4": "192.0.2.1", "ipv6": None, "status": "online"} | fields
    return Listed(uid=product, type="vps", **told)


def apply(token: Token, entries: Iterable[Listed], at: datetime = NOW) -> None:
    machines = tuple(entries)
    apply_listing(token, "prj-1", Listing(machines, products=len(machines), skipped=0), at)


def known(product: str = "vm-1") -> Machine:
    return Machine.objects.select_related("status").get(product=product)


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


def test_a_new_machine_is_named_and_due_at_once(token: Token) -> None:
    apply(token, [entry("vm-1", name="web", ipv6="2001:db8::1/64")])
    machine = known()
    assert (machine.name, machine.ipv4, machine.ipv6) == ("web", "192.0.2.1", "2001:db8::1/64")
    assert (machine.described_at, machine.status.due_at, machine.status.heard_at) == (NOW, NOW, None)
    assert machine.status.late_at > NOW


@pytest.mark.parametrize("changed", [{"name": "new"}, {"ipv4": None}, {"ipv6": "2001:db8::2"}], ids=str)
def test_when_a_machine_was_described_is_known_and_its_card_changes(
    token: Token, changed: dict[str, str | None]
) -> None:
    apply(token, [entry("vm-1"), entry("vm-2")])
    before = known().status.revision
    later = NOW + timedelta(minutes=5)
    apply(token, [entry("vm-1", **changed), entry("vm-2")], later)
    assert (known().described_at, known("vm-2").described_at) == (later, NOW)
    assert known().status.revision > before
    assert known("vm-2").status.revision == before


def test_another_listed_status_describes_nothing(token: Token) -> None:
    apply(token, [entry("vm-1")])
    before = known().status.revision
    apply(token, [entry("vm-1", status="offline")], NOW + timedelta(minutes=5))
    machine = known()
    assert (machine.listed_status, machine.described_at, machine.status.revision) == ("offline", NOW, before)


def test_listings_that_do_not_hold_a_machine_are_counted_until_one_does(token: Token) -> None:
    apply(token, [entry("vm-1"), entry("vm-2")])
    for _turn in range(2):
        apply(token, [entry("vm-2")])
    assert (known().missed, known("vm-2").missed) == (2, 0)
    apply(token, [entry("vm-1"), entry("vm-2")])
    assert known().missed == 0


def test_the_count_of_missed_listings_ends_at_a_thousand(token: Token) -> None:
    apply(token, [entry("vm-1"), entry("vm-2")])
    Machine.objects.filter(product="vm-1").update(missed=1000)
    apply(token, [entry("vm-2")])
    assert known().missed == 1000


def queries(token: Token, entries: Iterable[Listed]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as made:
        apply(token, entries)
    return len(made)


def test_a_listing_of_500_machines_takes_few_queries(token: Token) -> None:
    listed = [entry(f"vm-{number}") for number in range(500)]
    assert queries(token, listed) < 40
    renamed = [entry(each.uid, name="renamed") for each in listed]
    assert queries(token, renamed) < 25
    assert queries(token, renamed) < 15, "nothing changed"
    assert queries(token, renamed[:1]) < 15, "499 are missed"
    assert Machine.objects.filter(name="renamed", missed=1).count() == 499


# A machine that nobody read for days -----------------------------------------------------------------


def forgotten(reader: User | None = None) -> Machine:
    """A machine last heard of three days ago, when the last token that read it was forgotten."""
    token = give_token(reader) if reader else None
    return give_machine(token, machine={"product": "vm-1"}, **heard(LONG_AGO))


def test_a_machine_that_nobody_read_for_days_is_not_late_when_it_is_read_again(token: Token) -> None:
    forgotten()
    apply(token, [entry("vm-1")])
    status = known().status
    assert status.due_at == NOW
    assert status.late_at > NOW
    assert status.heard_at is None, "what was heard days ago is not what it is now"
    assert (status.word, status.cpu, status.booted_at) == ("", None, None)


def test_nor_is_one_whose_only_readers_are_disabled_people(token: Token, ben: User) -> None:
    forgotten(ben)
    User.objects.filter(pk=ben.pk).update(is_active=False)
    apply(token, [entry("vm-1")])
    assert known().status.late_at > NOW


def test_a_machine_that_somebody_reads_stays_late_while_the_collector_is_dead(
    token: Token, ben: User
) -> None:
    machine = forgotten(ben)
    late = machine.status.late_at
    apply(token, [entry("vm-1")])
    assert known().status.late_at == late
    assert known().status.word == "running"


def test_ones_own_access_counts_as_a_reader(token: Token) -> None:
    give_access(token, forgotten())
    apply(token, [entry("vm-1")])
    assert known().status.late_at < NOW


def test_what_was_heard_just_now_is_kept_for_whom_reads_it_next(token: Token) -> None:
    give_machine(machine={"product": "vm-1"}, **heard(NOW))
    apply(token, [entry("vm-1")])
    assert Status.objects.get().word == "running"
    assert Access.objects.get().proved_at == NOW
