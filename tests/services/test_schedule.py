"""Who is asked when: every machine each interval, evenly, or as often as its token's allowance carries."""

import itertools
import uuid
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.collector_kit import Round, answer, reader
from vps.access import Reader
from vps.provider.errors import RateLimited
from vps.provider.rates import Rate
from vps.services.schedule import Schedule

ANNA, BEN = uuid.UUID(int=1), uuid.UUID(int=2)
FREELY = 60_000.0


def fleet(machines: int, token: uuid.UUID = ANNA, first: int = 1) -> list[Reader]:
    return [reader(number, token) for number in range(first, first + machines)]


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def test_every_machine_is_asked_each_interval() -> None:
    round_ = Round(calls_per_minute=FREELY)
    round_.plan(fleet(100))
    round_.run(120)
    for machine in range(1, 101):
        times = round_.times(machine)
        assert 12 <= len(times) <= 14
        assert max(gaps(times)) <= 10.2
        assert min(gaps(times)[1:]) >= 9.8


def test_the_first_answers_come_at_once_and_then_they_spread_evenly() -> None:
    round_ = Round(calls_per_minute=FREELY)
    round_.plan(fleet(500))
    round_.run(2)
    assert len(round_.sent) >= 500
    round_.run(18)
    later = Round.most_in(_after(round_, round_.now - 10), 1.0)
    assert later <= 1.3 * 500 / 10


def _after(round_: Round, moment: float) -> Round:
    part = Round()
    part.sent = [(at, target) for at, target in round_.sent if at >= moment]
    return part


def test_a_slow_answer_does_not_make_a_machine_wait_longer_for_its_next_check() -> None:
    round_ = Round(calls_per_minute=FREELY)
    round_.latency = 5.0
    round_.plan(fleet(3))
    round_.run(120)
    assert all(len(round_.times(machine)) >= 12 for machine in (1, 2, 3))


def test_a_provider_that_answers_slower_than_the_interval_is_asked_once_at_a_time() -> None:
    round_ = Round(wanted=1.0, calls_per_minute=FREELY)
    round_.latency = 5.0
    round_.plan(fleet(3))
    round_.run(60)
    assert all(min(gaps(round_.times(machine))) >= 5.0 for machine in (1, 2, 3))


def test_a_token_that_carries_less_is_used_evenly_for_all_its_machines() -> None:
    round_ = Round(calls_per_minute=60)
    round_.plan(fleet(60))
    round_.run(1200)
    counts = [len(round_.times(machine)) for machine in range(1, 61)]
    assert max(counts) - min(counts) <= 2
    assert min(counts) >= 0.85 * 1200 / (60 / 0.9)


@settings(max_examples=30, deadline=None)
@given(
    calls_per_minute=st.integers(1, 300),
    machines=st.integers(1, 120),
    latency=st.floats(0.0, 6.0),
    wanted=st.sampled_from([1.0, 10.0, 60.0]),
)
def test_no_sliding_minute_ever_holds_more_calls_than_were_set(
    calls_per_minute: int, machines: int, latency: float, wanted: float
) -> None:
    round_ = Round(wanted, calls_per_minute)
    round_.latency = latency
    round_.plan([*fleet(machines), *(replace(r, refused=True) for r in fleet(5, first=900))])
    round_.run(100, step=0.2)
    round_.plan(fleet(machines + 10, first=3))  # some go, some come
    round_.run(100, step=0.2)
    assert round_.most_in(60.0) <= calls_per_minute


def test_the_interval_is_told_as_whole_seconds_when_the_allowance_carries_no_more() -> None:
    round_ = Round(calls_per_minute=60)
    round_.plan(fleet(24))
    target = round_.schedule.targets[1, 0]
    assert round_.schedule.interval(target, round_.now) == 29.0
    round_.plan(fleet(8))
    assert round_.schedule.interval(target, round_.now) == 10.0


def test_machines_are_told_once_that_their_token_carries_less_now() -> None:
    round_ = Round(calls_per_minute=60)
    round_.plan(fleet(8))
    round_.run(2)
    assert list(round_.schedule.slowed(round_.now)) == []
    round_.plan(fleet(90))
    assert list(round_.schedule.slowed(round_.now)) == [(106.0, 10.0, list(range(1, 91)))]
    assert list(round_.schedule.slowed(round_.now)) == []
    round_.plan(fleet(8))
    assert list(round_.schedule.slowed(round_.now)) == []
    round_.plan(fleet(90))
    assert [interval for interval, _wanted, _machines in round_.schedule.slowed(round_.now)] == [106.0]


def test_before_a_token_was_answered_nothing_is_told_of_its_allowance() -> None:
    schedule = Schedule(10.0, 60)
    schedule.plan(fleet(500), 0.0)
    assert list(schedule.slowed(0.0)) == []


def test_each_token_has_an_allowance_of_its_own() -> None:
    round_ = Round(calls_per_minute=60)
    round_.plan([*fleet(50, ANNA), *fleet(5, BEN, first=101)])
    round_.run(300)
    assert all(max(gaps(round_.times(machine))[1:]) <= 10.5 for machine in range(101, 106))


def test_headers_that_allow_more_speed_a_token_up() -> None:
    round_ = Round(calls_per_minute=60)
    round_.answers = lambda target, now: answer(rate=Rate(6000, 5000, 30.0))
    round_.plan(fleet(100))
    round_.run(60)
    assert all(len(round_.times(machine)) >= 5 for machine in range(1, 101))


def test_while_a_token_is_limited_no_call_is_made_and_its_machines_say_so_once() -> None:
    round_ = Round(calls_per_minute=FREELY)
    round_.plan(fleet(30))
    round_.run(15)
    begin = round_.now
    round_.answers = lambda target, now: answer(RateLimited("", retry_after=60.0))
    round_.run(5)
    refused = [at for at, _target in round_.sent if at >= begin]
    round_.answers = lambda target, now: answer()
    round_.run(50)
    assert len([at for at, _target in round_.sent if at >= begin]) == len(refused) <= 5
    assert len(round_.held) == len({target.key for _at, target in round_.held}) >= 25
    before = len(round_.sent)
    round_.run(20)
    assert len({target.key for _at, target in round_.sent[before:]}) == 30


def test_a_short_block_is_waited_out_in_silence() -> None:
    round_ = Round(calls_per_minute=FREELY)
    round_.plan(fleet(5))
    round_.schedule.pace(ANNA, round_.now).refused(5.0, round_.now)
    round_.run(6)
    assert round_.held == []
    assert len(round_.sent) >= 1


def test_one_limited_token_holds_nobody_else_up() -> None:
    round_ = Round(calls_per_minute=FREELY)
    round_.plan([*fleet(5, ANNA), *fleet(5, BEN, first=11)])
    round_.schedule.pace(ANNA, round_.now).refused(300.0, round_.now)
    round_.run(60)
    assert {target.machine_id for _at, target in round_.sent} == {11, 12, 13, 14, 15}
    assert all(max(gaps(round_.times(machine))) <= 10.2 for machine in range(11, 16))


def test_a_machine_that_never_answers_delays_no_other() -> None:
    round_ = Round(calls_per_minute=FREELY, threads=8)
    round_.plan(fleet(20))
    stuck = round_.schedule.targets[1, 0]
    taken = next(iter(round_.schedule.due(round_.now, 1)))
    assert taken is stuck  # it is never heard of again
    round_.run(60)
    assert round_.times(1) == []
    assert all(len(round_.times(machine)) >= 6 for machine in range(2, 21))


def test_a_new_machine_is_asked_at_once_and_a_lost_one_no_more() -> None:
    round_ = Round(calls_per_minute=FREELY)
    round_.plan(fleet(2))
    round_.run(1)
    round_.plan(fleet(2, first=2))
    now = round_.now
    round_.run(30)
    assert [at for at in round_.times(1) if at >= now] == []
    assert round_.times(3)[0] - now < 0.2


def test_a_machine_that_is_lost_while_it_is_asked_is_not_asked_again() -> None:
    schedule = Schedule(10.0, FREELY)
    schedule.plan(fleet(1), 0.0)
    (target,) = schedule.due(0.0, 1)
    schedule.plan([], 1.0)
    schedule.finish(target, 2.0)
    assert list(schedule.due(1000.0, 10)) == []


def test_no_machine_is_asked_twice_at_once_even_if_it_comes_again_meanwhile() -> None:
    schedule = Schedule(10.0, FREELY)
    schedule.plan(fleet(1), 0.0)
    assert len(list(schedule.due(0.0, 10))) == 1
    schedule.plan(fleet(1), 5.0)
    assert list(schedule.due(500.0, 10)) == []
