"""Where the provider answers nothing to a token: its checks stop but for one probe, and all goes on when it answers."""

import itertools
import uuid
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.rows import give_access, give_machine, give_token
from tests.services.collector_kit import (
    RUNNING,
    Round,
    all_heard,
    answer,
    collecting,
    eventually,
    hurry,
    reader,
    status_of,
)
from tests.services.played import Played
from tests.services.test_purse import AHEAD, ask
from vps.access import Reader
from vps.models import Budget, Machine, PowerAction, StateChange, Status, Token
from vps.provider.errors import BadReply, NotFound, ProviderError, Refused, Unreachable
from vps.provider.replies import Status as Reply
from vps.services.breaker import MACHINES, Breaker
from vps.services.pace import Pace
from vps.services.power import press_button
from vps.services.purse import Purse
from vps.services.schedule import Target
from vps.simulator.server import Simulator

ANNA, BEN = uuid.UUID(int=1), uuid.UUID(int=2)
FREELY = 60_000.0


def fleet(machines: int, token: uuid.UUID = ANNA, first: int = 1) -> list[Reader]:
    return [reader(number, token) for number in range(first, first + machines)]


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def running(machines: int = 40) -> Round:
    """A token's machines, all heard of."""
    round_ = Round(calls_per_minute=FREELY)
    round_.plan(fleet(machines))
    return round_.run(15)


@pytest.mark.parametrize("error", [Unreachable("timeout"), BadReply("not_json")])
def test_after_five_machines_in_a_row_only_probes_are_sent_and_each_card_says_so(
    error: ProviderError,
) -> None:
    round_ = running()
    began, before = round_.now, len(round_.sent)
    round_.answers = lambda target, now: answer(error)
    round_.run(60)
    sent = [at for at, _target in round_.sent[before:]]
    first, probes = sent[:MACHINES], sent[MACHINES:]
    assert first[-1] - began < 3
    assert [round(gap, 0) for gap in gaps([first[-1], *probes])] == pytest.approx(
        [2, 4, 8, 8, 8, 8, 8, 8], abs=1
    )
    told = {target.machine_id for _at, target in round_.held}
    assert len(told) >= 40 - len(sent)
    assert all(at - began <= 10 + 0.5 for at, target in round_.held[: len(told) - len(sent)])


def test_when_the_provider_is_back_all_machines_are_asked_within_two_intervals() -> None:
    round_ = running()
    round_.answers = lambda target, now: answer(Unreachable("refused"))
    round_.run(300)
    round_.answers = lambda target, now: answer()
    back, before = round_.now, len(round_.sent)
    round_.run(20)
    assert {target.machine_id for at, target in round_.sent[before:] if at > back} == set(range(1, 41))
    assert not round_.schedule.pace(ANNA, round_.now).breaker.is_open


def test_sick_machines_among_good_ones_never_stop_the_others() -> None:
    sick = set(range(3, 40, 5))
    round_ = running()
    round_.answers = lambda target, now: (
        answer(Unreachable("reset")) if target.machine_id in sick else answer()
    )
    round_.run(120)
    assert all(max(gaps(round_.times(machine))[1:]) <= 10.2 for machine in range(1, 41))
    assert round_.held == []


def test_one_sick_machine_alone_with_its_token_is_asked_as_ever() -> None:
    round_ = Round(calls_per_minute=FREELY)
    round_.plan(fleet(1))
    round_.answers = lambda target, now: answer(Unreachable("reset"))
    round_.run(120)
    assert len(round_.times(1)) >= 12


@pytest.mark.parametrize("error", [NotFound(), Refused()])
def test_a_refusal_is_an_answer(error: ProviderError) -> None:
    round_ = running()
    round_.answers = lambda target, now: answer(error)
    round_.run(30)
    assert not round_.schedule.pace(ANNA, round_.now).breaker.is_open


def test_a_call_that_hung_while_others_were_answered_tells_nothing() -> None:
    breaker = Breaker()
    breaker.good(10.0)
    for machine in range(20):
        assert not breaker.bad(machine, 9.0, 14.0)
    assert [breaker.bad(machine, 11.0, 16.0) for machine in range(5)] == [False] * 4 + [True]


def test_all_processes_stop_and_one_of_them_sends_the_probe() -> None:
    budget, one, other = Pace(6000, AHEAD), Purse(6000, 0.0), Purse(6000, 0.0)
    for purse in (one, other):
        ask(purse, budget, 20, 100.0)
    for machine in range(MACHINES):
        one.breaker.bad(machine, 100.1, 100.2)
    assert not one.take(100.2)
    assert one.presses(0, 100.2), "the others are to know"
    for purse in (one, other):
        ask(purse, budget, 20, 100.9)
        assert not purse.take(101.0)
    ask(other, budget, 20, 103.0)
    ask(one, budget, 20, 103.0)
    assert [purse.take(103.0) for purse in (one, other, other)] == [False, True, False]
    other.breaker.bad(1, 103.0, 103.1)
    ask(other, budget, 20, 103.2)
    assert budget.breaker.wait == pytest.approx(4)
    for purse, now in ((one, 107.3), (other, 107.4)):
        ask(purse, budget, 20, now)
    assert one.take(107.4)
    one.breaker.good(107.5)
    for purse in (one, other):
        ask(purse, budget, 20, 108.5)
        assert purse.take(108.6)


def test_a_process_that_reaches_nothing_does_not_stop_one_that_is_answered() -> None:
    budget, lost, well = Pace(6000, AHEAD), Purse(6000, 0.0), Purse(6000, 0.0)
    for machine in range(MACHINES):
        lost.breaker.bad(machine, 100.1, 100.2)
    well.breaker.good(100.3)
    ask(well, budget, 20, 100.4)
    ask(lost, budget, 20, 100.4)
    assert not budget.breaker.is_open
    assert lost.take(100.5)


@pytest.mark.django_db
def test_another_token_takes_over_at_once_and_the_cards_say_nothing_of_it(anna: User, ben: User) -> None:
    token, bens = give_token(anna), give_token(ben)
    machines = [give_machine(token) for _ in range(12)]
    for machine in machines:
        give_access(bens, machine)
    played = Played()
    played.run(20)
    calls: list[uuid.UUID] = []

    def tell(target: Target) -> Reply | ProviderError:
        assert target.asked is not None
        calls.append(target.asked.grant.token_id)
        return Unreachable("timeout") if target.asked.grant.token_id == token.pk else RUNNING

    played.tell = tell
    played.run(15)
    assert set(Status.objects.values_list("problem", flat=True)) == {""}
    changes = StateChange.objects.filter(problem="unreachable").count()
    assert changes < MACHINES, "only those whose failures opened it"
    calls.clear()
    played.run(60)
    assert StateChange.objects.filter(problem="unreachable").count() == changes
    assert calls.count(token.pk) <= 9, "probes"
    assert calls.count(bens.pk) >= 12 * 6 - 9


@pytest.mark.django_db(transaction=True)
def test_an_outage_costs_few_calls_is_told_on_each_card_and_heals_by_itself(
    anna: User,
    add_token: Callable[..., Token],
    simulator: Simulator,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hurry(settings, monkeypatch)
    token = add_token(anna)
    with collecting():
        eventually(lambda: all_heard(token), "all are heard of")
        simulator.fault("status", code=503, kind="status")
        eventually(lambda: Budget.objects.get().broken_since, "the breaker is open")
        simulator.calls.clear()
        told = Status.objects.filter(problem="unreachable")
        eventually(lambda: told.count() == Machine.objects.count(), "each card says so")
        assert simulator.calls.count("status") <= 16, (
            "the probes, where there would have been 16 calls a second"
        )
        machine = Machine.objects.filter(status__word="running")[0]
        press = press_button(anna, machine.project, machine.product, PowerAction.Command.REBOOT, "nonce")
        assert press.action.state == PowerAction.State.SUCCEEDED, "a person's act is not stopped"
        simulator.clear_faults()
        eventually(lambda: all_heard(token), "all are heard of again")
    assert Budget.objects.get().broken_since == 0
    assert status_of(machine).problem == ""
