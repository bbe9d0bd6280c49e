"""What a machine's page tells of those who share it."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404

from tests.rows import give_machine, give_share, give_team, give_token
from vps.models import Machine, Member, Role
from vps.services.address import View
from vps.services.board import show_board
from vps.services.console import show_console
from vps.services.logins import show_login
from vps.services.machines import forget_machine, poll_machine, show_machine

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine(anna: User, ben: User) -> Machine:
    """Anna shares it with a team in which Ben only looks."""
    token = give_token(anna, name="Her secret name")
    machine = give_machine(token)
    give_share(token, give_team(name="Shop", admin=anna, viewer=ben))
    return machine


def where(machine: Machine) -> tuple[str, str]:
    return machine.project, machine.product


def test_a_member_reads_who_shares_it_with_which_team(machine: Machine, ben: User) -> None:
    page = show_machine(ben, *where(machine))
    assert [(seer.token_id, seer.name, seer.owner) for seer in page.tokens] == [(None, "Shop", "anna")]
    assert "Her secret name" not in repr(page)
    assert not page.can_forget


def test_nobody_takes_what_others_share_off_a_board(machine: Machine, ben: User) -> None:
    with pytest.raises(PermissionDenied, match="Others share"):
        forget_machine(ben, *where(machine))


@pytest.mark.parametrize(("show", "least"), [(show_console, Role.OPERATOR), (show_login, Role.ADMIN)])
@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.ADMIN])
def test_a_page_to_act_on_is_for_who_may(
    show: Callable[..., object], least: Role, role: Role, machine: Machine, ben: User
) -> None:
    Member.objects.filter(person=ben).update(role=role)
    if role >= least:
        assert show(ben, *where(machine))
        return
    with pytest.raises(PermissionDenied):
        show(ben, *where(machine))


def test_what_no_own_token_shows_is_a_group_of_its_own(machine: Machine, ben: User) -> None:
    give_machine(give_token(ben, name="Ben's"))
    board = show_board(ben, View(group="token"))
    assert {(group.title, group.machines) for group in board.groups} == {("Ben's", 1), ("Shared with you", 1)}
    assert sum(len(group.cards) for group in board.groups) == 2


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
def test_an_open_page_is_brought_anew_when_a_role_changes(role: Role, machine: Machine, ben: User) -> None:
    version = show_machine(ben, *where(machine)).version
    assert poll_machine(ben, *where(machine), version) is None
    Member.objects.filter(person=ben).update(role=role)
    page = poll_machine(ben, *where(machine), version)
    assert page
    assert page.card.right == role


def test_a_removed_members_open_page_finds_nothing(machine: Machine, ben: User) -> None:
    Member.objects.filter(person=ben).delete()
    with pytest.raises(Http404):
        show_machine(ben, *where(machine))
    assert [group.machines for group in show_board(ben, View()).groups if group.machines] == []
