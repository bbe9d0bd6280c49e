"""What an answer means: what is written, who is asked next, and what is noted of a token."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError

from tests.rows import give_machine, give_token
from tests.services.collector_kit import NOON, RUNNING, STOPPED, listen, seconds, status_of
from vps.models import Machine, Sample, Status, Token
from vps.provider.errors import NotAllowed, NotFound, RateLimited, TokenRefused, Unreachable
from vps.services import hearing
from vps.services.readings import write_readings

pytestmark = pytest.mark.django_db
P = Status.Problem


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


def test_a_reply_is_written_half_a_second_later_at_most(token: Token) -> None:
    machine = give_machine(token, word="stopped")
    heard = listen()
    (target,) = heard.ask()
    assert heard.hear(target)
    heard.ears.write_if_due(heard.now + 0.4)
    assert status_of(machine).word == "stopped"
    heard.ears.write_if_due(heard.now + 0.5)
    assert status_of(machine).word == "running"


def test_what_a_machine_in_motion_does_is_written_sooner(token: Token) -> None:
    machine, other = give_machine(token, word="stopped"), give_machine(token, word="stopped")
    heard = listen()
    heard.schedule.watch({machine.pk}, heard.now)
    for target in heard.ask():
        heard.hear(target)
    heard.ears.write_if_due(heard.now + 0.1)
    assert status_of(machine).word == status_of(other).word == "running"


def test_many_replies_are_written_at_once(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "WRITE_READINGS", 3)
    machines = [give_machine(token, word="stopped") for _ in range(3)]
    heard = listen()
    for target in heard.ask():
        heard.hear(target)
    heard.ears.write_if_due(heard.now)
    assert {status_of(machine).word for machine in machines} == {"running"}


@pytest.mark.parametrize("told", [RUNNING, TokenRefused(), NotAllowed(), NotFound(), Unreachable("timeout")])
def test_an_answer_after_all_is_forgotten_disturbs_nothing(token: Token, told: Any) -> None:
    machine = give_machine(token)
    heard = listen()
    (target,) = heard.ask()
    token.delete()
    Machine.objects.all().delete()
    heard.schedule.plan([], heard.now)
    heard.hear(target, told)
    heard.ears.write()
    heard.wait(1000)
    assert heard.ask() == []
    assert not Status.objects.filter(pk=machine.pk).exists()


def test_a_machine_held_up_says_rate_limited_and_when_it_is_asked_again(token: Token) -> None:
    machine = give_machine(token)
    heard = listen()
    heard.schedule.pace(token.pk, heard.now).refused(120.0, heard.now)
    for target in heard.schedule.held_up(heard.now):
        heard.ears.hold_up(target, heard.now)
    heard.ears.write()
    row = status_of(machine)
    assert row.problem == P.LIMITED
    assert row.checked_at is not None
    assert row.due_at - row.checked_at == seconds(120)


def test_a_refusal_by_the_limit_is_a_state_of_the_card(token: Token) -> None:
    machine = give_machine(token)
    heard = listen()
    heard.hear(heard.ask()[0], RateLimited("", said="slow down", retry_after=60.0))
    heard.ears.write()
    assert (status_of(machine).problem, status_of(machine).said) == (P.LIMITED, "slow down")
    heard.wait(59)
    assert heard.ask() == []
    heard.wait(2)
    assert len(heard.ask()) == 1


def test_a_machine_is_asked_again_even_if_the_database_fails_on_its_answer(
    token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_machine(token)
    heard = listen()
    (target,) = heard.ask()

    def fail(*_: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr("vps.services.refusals.refuse_token", fail)
    with pytest.raises(OperationalError):
        heard.hear(target, TokenRefused())
    heard.wait(400)
    assert len(heard.ask()) == 1


def test_a_reading_that_cannot_be_written_takes_no_other_with_it(
    token: Token, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = (give_machine(token, word="stopped") for _ in range(2))
    real = write_readings

    def refuse_the_bad(readings: Any) -> int:
        if any(reading.machine_id == bad.pk for reading in readings):
            raise ValueError("no database takes this")
        return real(readings)

    monkeypatch.setattr(hearing, "write_readings", refuse_the_bad)
    heard = listen()
    for target in heard.ask():
        heard.hear(target)
    with caplog.at_level(logging.ERROR):
        heard.ears.write()
    assert (status_of(good).word, status_of(bad).word) == ("running", "stopped")
    assert str(bad.pk) in caplog.text


def test_what_is_tried_alone_is_kept_where_the_database_goes_away_meanwhile(
    token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = (give_machine(token, word="stopped") for _ in range(2))
    real, away = write_readings, [True]

    def go_away(readings: Any) -> int:
        if any(reading.machine_id == bad.pk for reading in readings):
            raise ValueError("no database takes this")
        if away.pop():
            raise OperationalError("the database is away")
        return real(readings)

    monkeypatch.setattr(hearing, "write_readings", go_away)
    heard = listen()
    for target in heard.ask():
        heard.hear(target)
    with pytest.raises(OperationalError):
        heard.ears.write()
    away.append(False)
    heard.ears.write()
    assert (status_of(good).word, status_of(bad).word) == ("running", "stopped")


def test_the_use_of_a_token_is_noted_once_a_minute(token: Token) -> None:
    give_machine(token)
    heard = listen()
    noted = []
    for minute in range(13):
        (target,) = heard.ask()
        heard.hear(target, at=NOON + seconds(10 * minute))
        noted.append(Token.objects.values_list("last_used_at", flat=True).get())
        heard.wait(10)
    assert len(set(noted)) == 3


def test_the_seconds_of_the_samples_add_up_to_the_time_passed(token: Token) -> None:
    machines = [give_machine(token, checked_at=None) for _ in range(3)]
    heard = listen()
    for turn in range(20):
        for place, target in enumerate(heard.ask()):
            heard.hear(target, STOPPED if turn % 3 else RUNNING, NOON + seconds(10 * turn + place * 0.3))
        heard.ears.write()
        heard.wait(10)
    for machine in machines:
        first, *later = Sample.objects.filter(machine=machine).order_by("time")
        told = sum(sample.up + sample.down + sample.unknown for sample in later)
        assert told == pytest.approx((later[-1].time - first.time).total_seconds())
