"""Consoles: who gets a ticket, and what is written down of it."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone
from pytest_django import Settings

from tests.services.console_kit import NOBODYS, Ended, lines, opened, shut, web
from vps.models import Ability, Access, AuditEvent, ConsoleSession, Machine, Token
from vps.services.console import Shut, close_console, open_console, stay_in_console
from vps.services.console_address import console_origin
from vps.simulator.server import Simulator

__all__ = ["web"]
pytestmark = pytest.mark.django_db


def test_a_ticket_opens_a_stay_which_is_written_down(anna: User, web: Machine, simulator: Simulator) -> None:
    way = opened(anna, web)
    session = ConsoleSession.objects.get()
    assert (session.pk, session.person_name, session.token_name) == (way.session, "anna", "Mine")
    assert (session.tickets, session.ended) == (1, Ended.OPEN)
    assert lines() == [("console.opened", "succeeded", "anna", web.product)]
    assert way.url.reveal().startswith(f"{console_origin()}/")
    assert f"/{web.project}/{web.product}/action_" in way.url.reveal()
    assert Ability.objects.get(operation="console").allowed
    assert simulator.calls.count("console", web.product) == 1


def test_the_way_in_hides_itself(anna: User, web: Machine) -> None:
    way = opened(anna, web)
    ticket = urlsplit(way.url.reveal()).path.rpartition("/")[2]
    for told in (
        repr(way),
        str(way),
        repr(AuditEvent.objects.values()),
        repr(ConsoleSession.objects.values()),
    ):
        assert ticket not in told
        assert way.secret.reveal() not in told


def test_a_connection_that_is_made_anew_belongs_to_the_same_stay(anna: User, web: Machine) -> None:
    first = opened(anna, web)
    again = opened(anna, web, first.session)
    assert again.session == first.session
    assert again.url != first.url
    assert ConsoleSession.objects.get().tickets == 2
    assert len(lines()) == 1


@pytest.mark.parametrize("ended", [Ended.CLOSED, Ended.LAST_SEEN])
def test_a_stay_that_has_ended_is_followed_by_a_new_one(anna: User, web: Machine, ended: str) -> None:
    first = opened(anna, web)
    ConsoleSession.objects.update(ended=ended, ended_at=timezone.now())
    again = opened(anna, web, first.session)
    assert again.session != first.session
    assert ConsoleSession.objects.filter(ended="").get().pk == again.session
    assert len(lines()) == 2


def test_a_stay_is_its_own_persons_in_its_own_machine(
    anna: User, ben: User, web: Machine, simulator: Simulator, add_token: Callable[..., Token]
) -> None:
    add_token(ben, "Bens", simulator.tokens[0].token)
    other = Machine.objects.exclude(pk=web.pk)[0]
    session = opened(anna, web).session
    asked = simulator.calls.count("console")
    for user, machine, wanted in ((ben, web, session), (anna, other, session), (anna, web, NOBODYS)):
        with pytest.raises(Http404):
            open_console(user, machine.project, machine.product, wanted)
        with pytest.raises(Http404):
            stay_in_console(user, machine.project, machine.product, wanted)
        with pytest.raises(Http404):
            close_console(user, machine.project, machine.product, wanted)
    assert simulator.calls.count("console") == asked
    assert ConsoleSession.objects.get().tickets == 1


def test_a_stranger_gets_no_ticket(ben: User, web: Machine, simulator: Simulator) -> None:
    with pytest.raises(Http404):
        open_console(ben, web.project, web.product, None)
    assert simulator.calls.count("console") == 0
    assert lines() == []


def test_a_refused_token_asks_for_no_ticket(anna: User, web: Machine, simulator: Simulator) -> None:
    Token.objects.update(refused_at=timezone.now())
    with pytest.raises(PermissionDenied):
        open_console(anna, web.project, web.product, None)
    assert simulator.calls.count("console") == 0


def test_without_an_address_no_ticket_is_asked_for(
    anna: User, web: Machine, simulator: Simulator, settings: Settings
) -> None:
    settings.VPS_CONSOLE_URL = ""
    with pytest.raises(PermissionDenied, match="VPS_CONSOLE_URL"):
        open_console(anna, web.project, web.product, None)
    assert simulator.calls.count("console") == 0


@pytest.mark.parametrize(
    ("fault", "code", "again", "words"),
    [
        ({"fault": "status", "code": 401}, "token_refused", False, "(401)"),
        ({"fault": "status", "code": 403}, "not_allowed", False, "(403)"),
        ({"fault": "status", "code": 404}, "not_found", False, "(404)"),
        ({"fault": "status", "code": 429}, "rate_limited", True, "(429)"),
        ({"fault": "status", "code": 400}, "refused", True, "no to this. It said: “Bad request”."),
        ({"fault": "status", "code": 500}, "unreachable", True, "could not be reached"),
        ({"fault": "reset"}, "unreachable", True, "it broke the connection off"),
        ({"fault": "html"}, "bad_reply", True, "could not be understood"),
        (
            {"fault": "wrong_json", "body": {"success": True, "ticket": "..", "secret": "x"}},
            "bad_reply",
            True,
            "understood",
        ),
        ({"fault": "wrong_json", "body": {"success": False}}, "refused", True, "says no"),
    ],
)
def test_no_ticket_is_said_in_words_and_written_down(
    anna: User,
    web: Machine,
    simulator: Simulator,
    fault: dict[str, object],
    code: str,
    again: bool,
    words: str,
) -> None:
    simulator.fault(kind="console", **fault)  # type: ignore[arg-type]
    way = shut(anna, web)
    assert words in way.sentence
    assert way.again is again
    assert way.token
    assert way.token.name == "Mine"
    assert ConsoleSession.objects.count() == 0
    assert lines() == [("console.opened", "failed", "anna", web.product)]
    assert AuditEvent.objects.get(code="console.opened").detail == {"reason": code}


def test_a_token_that_may_not_is_remembered_and_another_is_taken_next_time(
    anna: User, web: Machine, simulator: Simulator, add_token: Callable[..., Token]
) -> None:
    weak = simulator.mint(permissions=["READ_VPS"])
    Access.objects.all().delete()
    Token.objects.all().delete()
    add_token(anna, "Weak", weak.token)
    add_token(anna, "Strong")
    assert "(403)" in shut(anna, web).sentence
    assert not Ability.objects.get(token__name="Weak", operation="console").allowed
    opened(anna, web)
    assert ConsoleSession.objects.get().token_name == "Strong"


def test_a_failure_amid_a_stay_is_no_opening(anna: User, web: Machine, simulator: Simulator) -> None:
    session = opened(anna, web).session
    simulator.fault("reset", kind="console")
    assert isinstance(open_console(anna, web.project, web.product, session), Shut)
    assert len(lines()) == 1
