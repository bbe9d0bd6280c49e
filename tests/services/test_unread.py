"""Of a machine that no token reads now every place says to each person whose token that is, and who can help."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from tests.rows import give_machine, give_share, give_team, give_token
from vps.access import Operation, get_acting, get_machine, unread
from vps.models import Bulk, Machine, Token
from vps.services import bulk as bulks
from vps.services.bulk_ask import ask
from vps.services.bulk_progress import show_progress
from vps.services.logins import show_login
from vps.services.machines import show_machine

pytestmark = pytest.mark.django_db
OWNERS = "No token of yours reads this machine now. Replace the token, or give it the permission."
MEMBERS = "No token that is shared with you reads this machine now. Its owner can replace it."


@pytest.fixture
def machine(anna: User, ben: User) -> Machine:
    """Anna shares it with a team in which Ben is an admin, and her token is refused since."""
    token = give_token(anna)
    machine = give_machine(token)
    give_share(token, give_team(admin=[anna, ben]))
    Token.objects.update(refused_at=timezone.now())
    return machine


def card(person: User, machine: Machine) -> str:
    return str(show_machine(person, machine.project, machine.product).card.sentence)


def buttons(person: User, machine: Machine) -> str:
    why = show_machine(person, machine.project, machine.product).card.keys.start
    known = unread(get_machine(person, machine.project, machine.product))
    return f"{why}. {known.remedy}"


def login(person: User, machine: Machine) -> str:
    why = show_login(person, machine.project, machine.product).unread
    return why.sentence if why else ""


def reboots(person: User, machine: Machine) -> Bulk:
    return bulks.make_bulk(person, "reboot", bulks.choose_machines(person, [str(machine.pk)]))


def question(person: User, machine: Machine) -> str:
    [left_out] = ask(person, reboots(person, machine)).left_out
    return str(left_out.why)


def progress(person: User, machine: Machine) -> str:
    bulk = reboots(person, machine)
    bulks.confirm_bulk(person, bulk.pk)
    bulk.refresh_from_db()
    [line] = show_progress(person, bulk).lines
    return str(line.note)


def act(person: User, machine: Machine) -> str:
    with pytest.raises(PermissionDenied) as refusal:
        get_acting(person, machine.project, machine.product, Operation.POWER)
    return str(refusal.value)


@pytest.mark.parametrize("place", [card, buttons, login, question, progress, act])
def test_each_is_told_of_their_own_token_or_of_one_that_is_shared_with_them(
    place: Callable[[User, Machine], str], machine: Machine, anna: User, ben: User
) -> None:
    assert (place(anna, machine), place(ben, machine)) == (OWNERS, MEMBERS)


def test_who_has_a_token_of_their_own_besides_is_told_of_that(machine: Machine, ben: User) -> None:
    mine = give_token(ben, refused_at=timezone.now())
    mine.accesses.create(machine=machine, how="listed", proved_at=timezone.now())
    assert act(ben, machine) == OWNERS


def test_whom_another_may_help_is_not_led_to_their_own_tokens(
    machine: Machine, anna: User, ben: User, client: Client
) -> None:
    led = {}
    for person in (anna, ben):
        client.force_login(person)
        page = client.get(f"/machines/{machine.project}/{machine.product}/login/").content.decode()
        panel = page[page.index('id="login"') :].partition("</section>")[0]
        led[person] = ("My tokens" in panel, OWNERS in panel, MEMBERS in panel)
    assert led == {anna: (True, True, False), ben: (False, False, True)}
