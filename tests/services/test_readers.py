"""Which token asks for a machine, and how each of them is proved anew."""

import uuid

import pytest

from tests.services.collector_kit import Round, reader
from vps.access import Reader
from vps.services.schedule import RECHECK_SECONDS

ANNA, BEN = uuid.UUID(int=1), uuid.UUID(int=2)
FREELY = 60_000.0


def fleet(machines: int, token: uuid.UUID = ANNA, first: int = 1) -> list[Reader]:
    return [reader(number, token) for number in range(first, first + machines)]


def test_the_first_good_reader_asks_and_a_refused_one_is_proved_anew_within_five_minutes() -> None:
    round_ = Round(calls_per_minute=FREELY)
    refused = reader(1, ANNA, access=1, refused=True)
    round_.plan([refused, reader(1, BEN, access=2)])
    round_.run(2 * RECHECK_SECONDS)
    tokens = [target.reader.grant.token_id for _at, target in round_.sent if not target.access_id]
    assert set(tokens) == {BEN}
    proofs = [at for at, target in round_.sent if target.access_id == 1]
    assert len(proofs) == 2
    assert proofs[1] - proofs[0] == pytest.approx(RECHECK_SECONDS, abs=1)


def test_what_every_token_is_refused_is_asked_every_five_minutes_until_it_is_good_again() -> None:
    round_ = Round(calls_per_minute=FREELY)
    round_.plan([reader(1, ANNA, refused=True)])
    round_.run(20)
    assert len(round_.times(1)) == 1
    round_.plan([reader(1, ANNA)])
    now = round_.now
    round_.run(1)
    assert round_.times(1)[1] - now < 0.2


def test_a_machine_waits_in_the_line_of_the_token_that_reads_it_now() -> None:
    round_ = Round(calls_per_minute=FREELY)
    round_.schedule.pace(ANNA, round_.now).refused(300.0, round_.now)
    round_.plan([reader(1, ANNA, access=1)])
    assert list(round_.schedule.due(round_.now, 10)) == []
    round_.plan([reader(1, ANNA, access=1, refused=True), reader(1, BEN, access=2)])
    (target,) = round_.schedule.due(round_.now, 10)
    assert target.asked is not None
    assert target.asked.grant.token_id == BEN


def test_while_one_token_is_limited_another_reads_the_machine_at_once() -> None:
    round_ = Round(calls_per_minute=FREELY)
    round_.schedule.pace(ANNA, round_.now).refused(300.0, round_.now)
    round_.plan([reader(1, ANNA, access=1), reader(1, BEN, access=2)])
    (target,) = round_.schedule.due(round_.now, 10)
    assert target.asked is not None
    assert target.asked.grant.token_id == BEN


def test_machines_named_by_hand_are_proved_for_each_of_their_tokens() -> None:
    round_ = Round(calls_per_minute=FREELY)
    round_.plan([reader(1, ANNA, access=1), reader(1, BEN, access=2, unproved=True)])
    round_.run(RECHECK_SECONDS + 1)
    assert [target.reader.grant.token_id for _at, target in round_.sent if target.access_id == 2] == [BEN]


def test_refused_machines_take_no_more_of_an_allowance_than_their_rechecks() -> None:
    round_ = Round(calls_per_minute=60)
    round_.plan([*fleet(8), *(reader(n, ANNA, refused=True) for n in range(100, 105))])
    assert round_.schedule.interval(round_.schedule.targets[1, 0], round_.now) == 10.0
    round_.plan([*fleet(8), *(reader(n, ANNA, refused=True) for n in range(100, 200))])
    assert round_.schedule.interval(round_.schedule.targets[1, 0], round_.now) == 15.0
