"""A default login and those who may not ask for it, and who asked."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from tests.audit_reset import lines_may_change
from tests.rows import give_machine, give_token
from tests.services.conftest import AddToken
from vps.access import visible_machines
from vps.models import AuditEvent, Machine, Token
from vps.services import audit, logins
from vps.services.logins import HOLDS_ONE, LoginPage, Outcome, Revelation
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine(anna: User, add_token: AddToken, simulator: Simulator) -> Machine:
    add_token(anna)
    found = Machine.objects.order_by("pk")[0]
    simulator.set(found.product, login_for=3600)
    return found


def page(person: User, machine: Machine) -> LoginPage:
    return logins.show_login(person, machine.project, machine.product)


def reveal(person: User, machine: Machine) -> Revelation:
    return logins.reveal_login(person, machine.project, machine.product)


def clear(person: User, machine: Machine) -> Outcome:
    return logins.clear_login(person, machine.project, machine.product, "")


def test_a_stranger_does_not_know_of_it(ben: User, machine: Machine, simulator: Simulator) -> None:
    asked = simulator.calls.count("defaultlogin")
    with pytest.raises(Http404):
        page(ben, machine)
    with pytest.raises(Http404):
        reveal(ben, machine)
    with pytest.raises(Http404):
        clear(ben, machine)
    assert simulator.calls.count("defaultlogin") == asked
    assert not AuditEvent.objects.filter(code__startswith="login.").exists()


def test_who_has_only_a_refused_token_learns_nothing_new_and_asks_nobody(
    anna: User, ben: User, machine: Machine, add_token: AddToken, simulator: Simulator
) -> None:
    add_token(ben, secret=simulator.mint().token)
    Token.objects.filter(owner=ben).update(refused_at=timezone.now())
    reveal(anna, machine)
    known = page(ben, machine)
    assert (known.state, known.may_ask) == ("", False)
    assert not visible_machines(ben).filter(HOLDS_ONE).exists()
    assert visible_machines(anna).filter(HOLDS_ONE).get() == machine
    for act in (lambda: reveal(ben, machine), lambda: clear(ben, machine)):
        with pytest.raises(PermissionDenied, match="No token of yours reads this machine now"):
            act()


def test_who_was_refused_later_still_sees_what_was_known_then(anna: User) -> None:
    now = timezone.now()
    token = give_token(anna, refused_at=now)
    known = {"login": "held", "login_at": now - timedelta(minutes=1)}
    machine = give_machine(token, machine=known)
    assert page(anna, machine).state == "held"
    assert visible_machines(anna).filter(HOLDS_ONE).exists()


def test_the_page_names_the_latest_who_asked_and_what_came_of_it(anna: User, machine: Machine) -> None:
    reveal(anna, machine)
    logins.clear_login(anna, machine.project, machine.product, page(anna, machine).seen)
    reveal(anna, machine)
    told = [(act.tone, act.sentence) for act in page(anna, machine).acts]
    assert told == [
        ("off", "anna asked; it was no longer available."),
        ("ok", "anna cleared it."),
        ("ok", "anna revealed it."),
    ]


def test_acts_of_others_on_other_machines_and_after_the_refusal_are_not_told(anna: User, ben: User) -> None:
    refused_at = timezone.now()
    machine = give_machine(give_token(anna, refused_at=refused_at))
    other = give_machine(give_token(ben))
    for about, minutes in ((machine, -2), (machine, 2), (other, -2)):
        with transaction.atomic():
            line = audit.record(audit.Code.LOGIN_REVEALED, outcome="succeeded", person=ben, machine=about)
        with lines_may_change():
            AuditEvent.objects.filter(pk=line.pk).update(at=refused_at + timedelta(minutes=minutes))
    assert [act.at for act in page(anna, machine).acts] == [refused_at - timedelta(minutes=2)]
