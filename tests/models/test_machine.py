"""Machines, the proofs that a token reads them, and their history: one row of each."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from vps.models import Access, Machine, Sample, StateChange, Status, Token


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def machine(db: None) -> Machine:
    return Machine.objects.create(project="prj-1", product="vm-1")


def test_a_machine_is_unique_by_project_and_product(machine: Machine) -> None:
    Machine.objects.create(project="prj-2", product="vm-1")
    Machine.objects.create(project="prj-1", product="vm-2")
    with pytest.raises(IntegrityError), transaction.atomic():
        Machine.objects.create(project="prj-1", product="vm-1")


def test_a_machine_without_a_name_is_called_by_its_id(machine: Machine) -> None:
    assert str(machine) == "vm-1"
    machine.name = "web-01"
    assert str(machine) == "web-01"


def test_a_token_proves_each_machine_once(anna: User, machine: Machine, now: datetime) -> None:
    token = Token(owner=anna, name="Mine")
    token.seal("key_abcdefgh")
    token.save()
    Access.objects.create(token=token, machine=machine, how=Access.How.LISTED, proved_at=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Access.objects.create(token=token, machine=machine, how=Access.How.HAND, proved_at=now)


def test_a_point_of_history_is_unique_by_machine_tier_and_time(machine: Machine, now: datetime) -> None:
    Sample.objects.create(machine=machine, time=now)
    Sample.objects.create(machine=machine, time=now, tier=60)
    with pytest.raises(IntegrityError), transaction.atomic():
        Sample.objects.create(machine=machine, time=now)


def test_the_largest_numbers_that_a_reply_may_hold_are_stored(machine: Machine, now: datetime) -> None:
    most = 2**63 - 1
    Sample.objects.create(machine=machine, time=now, disk=most, uptime=most, cpu=float(most))
    sample = Sample.objects.get()
    assert (sample.disk, sample.uptime, sample.cpu) == (most, most, float(most))


def test_all_that_is_known_of_a_machine_goes_with_it(machine: Machine, now: datetime) -> None:
    Status.objects.create(machine=machine, due_at=now, late_at=now + timedelta(seconds=20), interval=10)
    Sample.objects.create(machine=machine, time=now)
    StateChange.objects.create(machine=machine, at=now, word="running")
    machine.delete()
    assert [rows.objects.count() for rows in (Status, Sample, StateChange)] == [0, 0, 0]


def test_a_status_says_what_it_knows_in_a_word(machine: Machine, now: datetime) -> None:
    status = Status(machine=machine, due_at=now, late_at=now, interval=10)
    assert str(status) == "not seen yet"
    status.word = "running"
    assert str(status) == "running"
    status.problem = Status.Problem.GONE
    assert str(status) == "gone"
