"""Two tokens that read one machine: each is proved for itself, limited for itself, and told of for itself."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.rows import give_access, give_machine, give_token
from tests.services.collector_kit import NOON, RUNNING, Hearing, answer, reading, seconds, status_of
from tests.services.played import Played
from vps import access
from vps.models import Access, Machine, StateChange, Status, Token, TokenProject
from vps.provider.errors import NotAllowed, NotFound, ProviderError, RateLimited
from vps.provider.rates import Rate
from vps.provider.replies import Listed, Listing
from vps.provider.replies import Status as Reply
from vps.services.listings import apply_listing
from vps.services.readings import write_readings
from vps.services.schedule import Target

pytestmark = pytest.mark.django_db
P = Status.Problem
SLOWLY = RateLimited("", said="slow down", retry_after=60.0)


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


@pytest.fixture
def bens(ben: User) -> Token:
    return give_token(ben)


def listed(token: Token, *machines: Machine) -> None:
    """A listing of now that holds these."""
    entries = tuple(Listed(m.product, "vps", m.name, None, None, None) for m in machines)
    apply_listing(token, "prj-1", Listing(entries, len(entries), 0), timezone.now())


@pytest.mark.parametrize("error", [NotAllowed("", said="no more"), NotFound("", said="no more")])
def test_what_a_listing_holds_no_longer_is_proved_by_a_status(
    token: Token, bens: Token, error: ProviderError
) -> None:
    """Ben's token reads the machine first; Anna's listing has not held it for 6 minutes."""
    lost, other = give_machine(bens), give_machine(bens)
    for machine in (lost, other):
        give_access(token, machine)
    for each in (token, bens):
        TokenProject.objects.create(token=each, project="prj-1", how="listed", checked_at=timezone.now())
    Access.objects.filter(token=token).update(proved_at=timezone.now() - timedelta(minutes=5))
    listed(token, other)
    played = Played()

    def tell(target: Target) -> Reply | ProviderError:
        assert target.asked is not None
        return error if target.asked.grant.token_id == token.pk else RUNNING

    played.tell = tell
    played.run(310)
    assert {target.access_id for _at, target in played.asked} == {0}, "not before 6 minutes"
    Access.objects.filter(token=token, machine=lost).update(proved_at=timezone.now() - timedelta(minutes=6))
    played.until(lambda: Access.objects.get(token=token, machine=lost).refused_at, 303)
    assert Access.objects.get(token=token, machine=lost).said == "no more"
    assert set(Access.objects.exclude(token=token, machine=lost).values_list("refused_at", flat=True)) == {
        None
    }
    assert status_of(lost).problem == ""


def test_a_limited_token_hands_its_machine_over_and_the_card_says_nothing_of_it(
    token: Token, bens: Token
) -> None:
    machine = give_machine(token)
    give_access(bens, machine)
    heard = Hearing(*access.machine_readers())
    assert not heard.hear(heard.ask()[0], SLOWLY)
    heard.schedule.plan(access.machine_readers(), heard.now)
    (again,) = heard.ask()
    assert again.asked is not None
    assert again.asked.grant.token_id == bens.pk
    assert heard.hear(again)
    heard.ears.write()
    assert status_of(machine).problem == ""
    assert not StateChange.objects.filter(problem=P.LIMITED).exists()


def test_through_a_long_block_the_other_token_reads_in_every_interval(token: Token, bens: Token) -> None:
    machines = [give_machine(token) for _ in range(5)]
    for machine in machines:
        give_access(bens, machine)
    played = Played()
    played.run(20)
    played.schedule.pace(token.pk, played.now).refused(300.0, played.now)
    began, readers = played.now, set()
    for _look in range(100):
        played.run(2)
        assert set(Status.objects.values_list("problem", flat=True)) == {""}
        assert not Status.objects.filter(late_at__lt=played.at).exists()
    readers = {target.reader.grant.token_id for at, target in played.asked if at > began + 1}
    assert readers == {bens.pk}


def test_the_token_that_takes_over_tells_its_machines_what_it_carries(token: Token, bens: Token) -> None:
    """It is allowed few calls, and so many machines came to it: they are checked as often as that carries."""
    for _machine in range(30):
        give_access(bens, give_machine(token))
    played = Played(calls_per_minute=60)
    played.schedule.pace(token.pk, played.now).learn(Rate(60_000, 50_000, 60.0), played.now)
    played.run(60)
    played.schedule.pace(token.pk, played.now).refused(300.0, played.now)
    for _look in range(100):
        played.run(2)
        assert not Status.objects.filter(late_at__lt=played.at).exists(), played.now
    assert min(Status.objects.values_list("interval", flat=True)) >= 30 / 0.9
    assert not Status.objects.filter(checked_at__lt=played.at - seconds(90)).exists()


def test_what_was_said_is_known_with_the_token_that_was_told(token: Token, bens: Token) -> None:
    machine = give_machine(token)
    give_access(bens, machine)
    heard = Hearing(*access.machine_readers())
    heard.hear(heard.ask()[0], SLOWLY)
    heard.hear(heard.ask()[0], RateLimited("", said="you too", retry_after=60.0))
    heard.ears.write()
    row, line = status_of(machine), StateChange.objects.get(machine=machine)
    assert (row.problem, row.said, row.said_to) == (P.LIMITED, "you too", bens.pk)
    assert (line.said, line.said_to) == ("you too", bens.pk)
    write_readings([reading(machine, NOON + seconds(60), RUNNING)])
    assert status_of(machine).said_to is None


def test_a_replaced_token_begins_anew_whatever_the_old_one_was_told(token: Token) -> None:
    give_machine(token), give_machine(token)
    heard = Hearing(*access.machine_readers())
    first, late = heard.ask()
    heard.hear(first, SLOWLY)
    heard.wait(1)
    assert heard.ask() == []
    token.seal("key-another-one-altogether")
    token.save(update_fields=["sealed"])
    heard.schedule.plan(access.machine_readers(), heard.now)
    pace = heard.schedule.pace(token.pk, heard.now)
    assert pace.blocked_until <= heard.now
    heard.ears.hear(late, answer(SLOWLY, at=NOON), heard.now)
    assert heard.schedule.pace(token.pk, heard.now).blocked_until <= heard.now, "that was said to the old one"
