"""Machines that somebody looks at are checked more often, however many look; nobody's page is told otherwise."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tests.rows import give_machine, give_token
from tests.services.board_kit import board, poll
from tests.services.collector_kit import Round, answer, collecting, eventually, reader, status_of
from tests.services.test_schedule import ANNA, FREELY, fleet, gaps
from vps.models import Interest, Machine, Status, Token
from vps.services import interest, pulse
from vps.services.interest import Audience, forget_interest
from vps.services.machines import show_machine
from vps.simulator.server import Simulator


@pytest.fixture(autouse=True)
def nobody_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interest, "_written", {})


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


def let_pass(seconds: float) -> None:
    """So long ago was all written, by this process too."""
    interest._written.clear()
    Interest.objects.update(seen_at=Now() - timedelta(seconds=seconds))


# Who looks -------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_who_has_a_board_open_looks_at_its_machines_and_who_has_a_machine_open_at_that_one(
    anna: User, ben: User, token: Token
) -> None:
    mine, hidden = give_machine(token), give_machine(token, word="stopped")
    his = give_machine(give_token(ben))
    assert Audience().watched() == set()
    shown = board(anna, show="running")
    assert Audience().watched() == {mine.pk}
    show_machine(ben, his.project, his.product)
    audience = Audience()
    assert audience.watched() == {mine.pk, his.pk}
    poll(anna, board(anna))
    assert audience.watched() == {mine.pk, his.pk, hidden.pk}
    let_pass(76)
    assert audience.watched() == set()
    assert shown.total == 1


@pytest.mark.django_db
def test_it_is_written_every_half_minute_by_whichever_process(anna: User, token: Token) -> None:
    give_machine(token)
    shown = board(anna)
    with CaptureQueriesContext(connection) as queries:
        poll(anna, shown)
    assert len(queries) == 1
    let_pass(20)
    before = Interest.objects.get().seen_at
    poll(anna, shown)  # as another process would, that does not know
    assert Interest.objects.get().seen_at == before
    let_pass(31)
    before = Interest.objects.get().seen_at
    poll(anna, shown)
    assert Interest.objects.get().seen_at > before


@pytest.mark.django_db
def test_what_is_long_over_is_forgotten(anna: User, token: Token) -> None:
    give_machine(token)
    board(anna)
    assert forget_interest() == 0
    let_pass(601)
    assert forget_interest() == 1


# How often -------------------------------------------------------------------------------------------


def test_watched_machines_are_asked_every_ten_seconds_and_the_rest_every_minute() -> None:
    round_ = Round(calls_per_minute=FREELY, idle=60.0)
    round_.plan(fleet(40))
    round_.schedule.attend({1, 2}, round_.now)
    round_.run(300)
    for machine in range(1, 41):
        usual = 10.0 if machine <= 2 else 60.0
        assert all(abs(gap - usual) <= 0.2 for gap in gaps(round_.times(machine))[1:])


def test_who_begins_to_be_watched_is_asked_at_once_unless_it_was_just_now() -> None:
    round_ = Round(calls_per_minute=FREELY, idle=60.0)
    round_.plan(fleet(60))
    round_.run(150)
    begin = round_.now
    round_.schedule.attend(set(range(1, 61)), begin)
    round_.run(60)
    for machine in range(1, 61):
        times = round_.times(machine)
        last = max(at for at in times if at < begin)
        first = min(at for at in times if at >= begin)
        assert first <= max(begin, last + 10.0) + 0.2
        assert first - last >= min(10.0, 60.0) - 0.2
        assert max(gaps([at for at in times if at >= begin])) <= 10.2
    round_.schedule.attend(frozenset(), round_.now)
    begin = round_.now
    round_.run(200)
    assert all(sum(at >= begin for at in round_.times(machine)) <= 5 for machine in range(1, 61))


def test_more_viewers_of_the_same_machines_add_no_call() -> None:
    few, many = (Round(calls_per_minute=FREELY, idle=60.0) for _ in range(2))
    for round_ in (few, many):
        round_.plan(fleet(20))
    few.schedule.attend(set(range(1, 6)), few.now)
    for viewer in range(200):
        few.run(0.5)
        many.schedule.attend({number for number in range(1, 6) if number <= viewer + 1}, many.now)
        many.run(0.5)
    assert len(many.sent) <= len(few.sent)


def test_an_allowance_that_carries_less_slows_all_evenly() -> None:
    round_ = Round(calls_per_minute=60, idle=60.0)
    round_.plan(fleet(66))
    round_.schedule.attend(set(range(1, 7)), round_.now)
    watched, idle = (round_.schedule.targets[number, 0] for number in (1, 66))
    told = [round_.schedule.interval(target, round_.now) for target in (watched, idle)]
    assert told == [19.0, 114.0]  # 6 + 60 / 6 machines each 10 s would be 1.6 calls a second, of 0.9
    round_.schedule.learn(ANNA, answer(), round_.now)
    slowed = [(each.interval, each.wanted, len(each.machines)) for each in round_.schedule.slowed(round_.now)]
    assert slowed == [(19.0, 10.0, 6), (114.0, 60.0, 60)]
    assert round_.schedule.loads.slowest(ANNA, round_.schedule.targets.values(), round_.now) == 114.0


def test_a_refused_machine_is_not_asked_sooner_because_somebody_looks() -> None:
    round_ = Round(calls_per_minute=FREELY, idle=60.0)
    round_.plan([replace(reader(1, ANNA), refused=True)])
    round_.run(30)
    asked = len(round_.times(1))
    round_.schedule.attend({1}, round_.now)
    round_.run(60)
    assert len(round_.times(1)) == asked


# What the pages say ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_board_of_machines_that_nobody_watched_is_on_time_and_says_how_often_they_are_asked_now(
    anna: User, token: Token
) -> None:
    ago = Now() - timedelta(seconds=50)
    machine = give_machine(token, interval=60.0, wanted=60.0, checked_at=ago, heard_at=ago)
    due_at, late_at = Now() + timedelta(seconds=10), Now() + timedelta(seconds=70)
    Status.objects.filter(machine=machine).update(due_at=due_at, late_at=late_at)
    told = pulse.take_pulse(anna)
    assert (told.late, told.heard.interval, told.heard.wanted) == (False, 10, 10)
    give_machine(token, interval=114.0, wanted=60.0)
    told = pulse.take_pulse(anna)
    assert (told.heard.interval, told.heard.wanted) == (114, 60)


@pytest.mark.django_db(transaction=True)
def test_a_page_that_opens_has_its_machine_asked_at_once_and_again_and_no_other(
    anna: User, add_token: object, simulator: Simulator, settings: Settings, soon: None
) -> None:
    settings.VPS_IDLE_INTERVAL = 600
    assert callable(add_token)
    add_token(anna)
    looked_at, *others = Machine.objects.order_by("pk")
    with collecting():
        eventually(lambda: all(status_of(each).heard_at for each in others), "all are heard of")
        eventually(lambda: status_of(looked_at).interval == 600, "it is idle")
        before = simulator.calls.count("status", looked_at.product)
        show_machine(anna, looked_at.project, looked_at.product)
        eventually(
            lambda: simulator.calls.count("status", looked_at.product) >= before + 3,
            "it is asked again and again",
        )
        eventually(lambda: status_of(looked_at).interval == 0.5, "its status says how often")
    assert max(simulator.calls.count("status", each.product) for each in others) <= 2
