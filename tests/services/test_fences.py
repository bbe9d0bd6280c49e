"""What a collector brings late, whose machine is another's by now, is refused; the next one goes on from there."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now

from tests.rows import give_machine, give_token
from tests.services.collector_kit import (
    NOON,
    RUNNING,
    STOPPED,
    Hearing,
    answer,
    listen,
    reading,
    seconds,
    status_of,
)
from vps.access import machine_readers
from vps.models import Access, Collector, Lease, Sample, Status, Token
from vps.provider.errors import NotAllowed
from vps.services import collection, hearing
from vps.services.collection import Collector as Process
from vps.services.leases import Held, Leases, last_checks
from vps.services.proofs import claim_listing
from vps.services.readings import write_readings
from vps.services.targets import INEXACT

pytestmark = pytest.mark.django_db
IDLE: frozenset[int] = frozenset()


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


def test_a_late_writer_is_refused_and_the_rest_of_its_batch_is_written(token: Token) -> None:
    mine, lost, free = (give_machine(token, word="stopped") for _ in range(3))
    late, other = Leases(), Leases()
    late.renew({mine.pk, lost.pk}, IDLE, 0.0)
    Lease.objects.filter(machine=lost).update(holder=None)
    before = dict(late.held)
    other.renew({mine.pk, lost.pk}, IDLE, 0.0)
    told = [reading(machine, NOON, RUNNING, held=before.get(machine.pk)) for machine in (mine, lost, free)]
    write_readings(told)
    assert [status_of(machine).word for machine in (mine, lost, free)] == ["running", "stopped", "running"]
    assert not Sample.objects.filter(machine=lost).exists()


def test_who_got_a_machine_back_still_loses_what_it_asked_before(token: Token) -> None:
    machine = give_machine(token, word="stopped")
    leases = Leases()
    leases.renew({machine.pk}, IDLE, 0.0)
    before = leases.held[machine.pk]
    leases.renew(set(), IDLE, 1.0)
    leases.renew({machine.pk}, IDLE, 2.0)
    write_readings([reading(machine, NOON, RUNNING, held=before)])
    assert status_of(machine).word == "stopped"
    write_readings([reading(machine, NOON, RUNNING, held=leases.held[machine.pk])])
    assert status_of(machine).word == "running"


@pytest.fixture
def late(token: Token) -> Hearing:
    """It asks its machine, which then is another collector's."""
    machine = give_machine(token)
    leases = Leases()
    leases.renew({machine.pk}, IDLE, 0.0)
    heard = listen()
    heard.schedule.plan(machine_readers(), heard.now, leases.held)
    return heard


@pytest.mark.parametrize("lost", [False, True])
def test_a_refusal_that_comes_late_is_not_noted(token: Token, late: Hearing, lost: bool) -> None:
    (target,) = late.ask()
    if lost:
        Lease.objects.update(fence=7)
    late.hear(target, NotAllowed())
    assert Access.objects.filter(refused_at=None).exists() == lost


# What goes on ----------------------------------------------------------------------------------------


def test_a_machine_is_asked_by_the_next_collector_when_it_would_have_been_by_the_last(token: Token) -> None:
    lately, overdue, new = give_machine(token), give_machine(token), give_machine(token, checked_at=None)
    Status.objects.filter(machine=lately).update(due_at=Now() + timedelta(seconds=8))
    Status.objects.filter(machine=overdue).update(due_at=Now() - timedelta(seconds=60))
    ids = {machine.pk for machine in (lately, overdue, new)}
    held = {pk: Held(token.pk, 1) for pk in ids}
    heard = Hearing()
    heard.schedule.plan(machine_readers(), heard.now, held, last_checks(ids, heard.now))
    asked = heard.ask()
    heard.wait(INEXACT)  # each by so much, that it comes to a moment of its own
    assert {target.machine_id for target in [*asked, *heard.ask()]} == {overdue.pk, new.pk}
    heard.wait(8.1)
    assert [target.machine_id for target in heard.ask()] == [lately.pk]


def test_machines_that_others_hold_are_not_asked_but_use_the_token_as_well(token: Token) -> None:
    ids = sorted(give_machine(token).pk for _ in range(30))
    heard = Hearing()
    heard.schedule.plan(machine_readers(), heard.now, {pk: Held(token.pk, 1) for pk in ids[:3]})
    assert {target.machine_id for target in heard.ask()} == set(ids[:3])
    assert heard.schedule.loads.of[token.pk] == 30
    assert heard.schedule.is_shared(token.pk)


def test_a_project_is_listed_by_one_of_them(token: Token) -> None:
    project = token.projects.create(project="prj-1", how="listed", checked_at=NOON)
    same = token.projects.get()
    assert [claim_listing(project, 300.0), claim_listing(same, 300.0)] == [True, False]


def test_who_is_over_but_not_yet_replaced_writes_what_it_heard(token: Token) -> None:
    machine = give_machine(token)
    leases = Leases()
    leases.renew({machine.pk}, IDLE, 0.0)
    Collector.objects.update(ends_at=Now() - timedelta(seconds=1))
    write_readings([reading(machine, NOON, STOPPED, held=leases.held[machine.pk])])
    assert status_of(machine).word == "stopped"


@pytest.mark.django_db(transaction=True)
def test_what_was_heard_is_written_before_its_machine_is_given_back(
    token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collection, "ask", lambda _grant: answer())
    monkeypatch.setattr(collection, "PLAN_SECONDS", 0.0)
    monkeypatch.setattr(hearing, "WRITE_SECONDS", 600.0)
    machines = {give_machine(token).pk for _ in range(4)}
    collector, other = Process(threads=1), Leases()
    while len(collector._ears.unwritten) < len(machines):
        collector._step()
    other.renew(machines, IDLE, 0.0)
    collector._step()
    assert collector.leases.held.keys() == machines
    collector._ears.write()
    collector._step()
    assert len(collector.leases.held) == 2
    collector._finish()


def test_who_gets_a_machine_back_does_not_call_unknown_what_another_one_heard_meanwhile(token: Token) -> None:
    machine = give_machine(token, checked_at=None)
    heard, first, second = listen(), Held(token.pk, 1), Held(token.pk, 3)
    for held, at in ((first, NOON), (second, NOON + seconds(3600))):
        heard.schedule.plan(machine_readers(), heard.now, {machine.pk: held})
        Lease.objects.update_or_create(
            machine=machine, defaults={"holder_id": held.holder, "fence": held.fence}
        )
        (target,) = heard.ask()
        heard.hear(target, at=at)
        heard.ears.write()
        write_readings([reading(machine, at + seconds(3590), RUNNING)])  # the other one's last
    sample = Sample.objects.get(time=NOON + seconds(3600))
    assert (sample.up, sample.unknown) == (10.0, 0.0)
