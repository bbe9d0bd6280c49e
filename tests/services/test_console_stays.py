"""Consoles: how long a stay in one lasts, who is inside, and what the page says of it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from tests.rows import give_access, give_machine, give_token
from tests.services.console_kit import NOBODYS, Ended, age, lines, opened, web
from vps.models import Access, AuditEvent, ConsoleSession, Machine, Token
from vps.services.collection import Collector
from vps.services.console import (
    close_console,
    people_inside,
    show_console,
    stay_in_console,
    sweep_consoles,
)
from vps.simulator.server import Simulator

__all__ = ["web"]
pytestmark = pytest.mark.django_db


def test_signs_of_life_keep_a_stay_open(anna: User, web: Machine) -> None:
    session = opened(anna, web).session
    age(session, 59)
    assert sweep_consoles(timezone.now()) == 0
    stay_in_console(anna, web.project, web.product, session)
    assert sweep_consoles(timezone.now() + timedelta(seconds=59)) == 0
    assert ConsoleSession.objects.get().ended == Ended.OPEN


def test_a_stay_without_a_sign_of_life_ends_when_it_was_last_seen(anna: User, web: Machine) -> None:
    session = opened(anna, web).session
    age(session, 61)
    assert sweep_consoles(timezone.now()) == 1
    row = ConsoleSession.objects.get()
    assert (row.ended, row.ended_at) == (Ended.LAST_SEEN, row.seen_at)
    assert lines()[1:] == [("console.closed", "last_seen", "anna", web.product)]
    assert sweep_consoles(timezone.now()) == 0


def test_the_collector_ends_what_is_silent(anna: User, web: Machine) -> None:
    age(opened(anna, web).session, 61)
    collector = Collector()
    collector._step()
    collector._finish()
    assert ConsoleSession.objects.get().ended == Ended.LAST_SEEN


def test_who_was_taken_for_gone_is_in_again(anna: User, web: Machine) -> None:
    session = opened(anna, web).session
    age(session, 61)
    sweep_consoles(timezone.now())
    stay_in_console(anna, web.project, web.product, session)
    row = ConsoleSession.objects.get()
    assert (row.ended, row.ended_at) == (Ended.OPEN, None)
    assert lines()[2:] == [("console.opened", "succeeded", "anna", web.product)]


def test_the_page_closes_its_stay_once_and_for_good(anna: User, web: Machine) -> None:
    session = opened(anna, web).session
    for _time in range(2):
        close_console(anna, web.project, web.product, session)
    row = ConsoleSession.objects.get()
    assert row.ended == Ended.CLOSED
    assert lines()[1:] == [("console.closed", "closed", "anna", web.product)]
    detail = AuditEvent.objects.get(code="console.closed").detail
    assert detail == {"session": str(session), "seconds": 0, "tickets": 1}
    with pytest.raises(Http404):
        stay_in_console(anna, web.project, web.product, session)


def test_who_lost_the_machine_cannot_stay_but_can_close(anna: User, web: Machine) -> None:
    session = opened(anna, web).session
    Access.objects.all().delete()
    with pytest.raises(Http404):
        stay_in_console(anna, web.project, web.product, session)
    close_console(anna, web.project, web.product, session)
    assert ConsoleSession.objects.get().ended == Ended.CLOSED


def test_who_has_no_good_token_any_more_cannot_stay(anna: User, web: Machine) -> None:
    session = opened(anna, web).session
    Token.objects.update(refused_at=timezone.now())
    with pytest.raises(PermissionDenied):
        stay_in_console(anna, web.project, web.product, session)


def test_a_stay_outlives_its_person_and_its_token(anna: User, web: Machine) -> None:
    session = opened(anna, web).session
    anna.delete()
    age(session, 61)
    assert sweep_consoles(timezone.now()) == 1
    assert ConsoleSession.objects.get().person_name == "anna"


# The page --------------------------------------------------------------------------------------------


def test_the_page_asks_the_provider_nothing(anna: User, web: Machine, simulator: Simulator) -> None:
    simulator.calls.clear()
    page = show_console(anna, web.project, web.product)
    assert page.configured
    assert simulator.calls.count() == 0


def test_the_page_says_who_is_inside(anna: User, ben: User) -> None:
    web = give_machine(give_token(anna))
    give_access(give_token(ben), web)
    now = timezone.now()
    for user, seconds, ended in ((ben, 5, ""), (ben, 2, ""), (anna, 70, ""), (anna, 5, Ended.CLOSED)):
        ConsoleSession.objects.create(
            machine=web,
            person=user,
            person_name=user.username,
            token_id=NOBODYS,
            token_name="",
            opened_at=now - timedelta(seconds=90),
            seen_at=now - timedelta(seconds=seconds),
            ended=ended,
        )
    assert [(each.name, each.me) for each in people_inside(web, anna, now)] == [("ben", False)]
    assert [(each.name, each.me) for each in people_inside(web, ben, now)] == [("ben", True)]
    page = show_console(anna, web.project, web.product)
    ConsoleSession.objects.update(ended=Ended.CLOSED)
    assert show_console(anna, web.project, web.product).seen != page.seen


def test_only_what_surely_has_no_screen_is_called_stopped(anna: User) -> None:
    token = give_token(anna)
    stopped = give_machine(token, word="stopped")
    broken = give_machine(token, word="stopped", problem="unreachable")
    running = give_machine(token)
    pages = [show_console(anna, each.project, each.product) for each in (stopped, broken, running)]
    assert [page.stopped for page in pages] == [True, False, False]
