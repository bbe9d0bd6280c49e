"""A project is taken off a token: what it alone showed leaves the board."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.rows import give_access, give_machine, give_token
from tests.services.board_kit import cards
from tests.services.conftest import AddToken
from vps.models import AuditEvent, TokenProject
from vps.provider.secret import Secret
from vps.services import tokens
from vps.services.board import View, poll_board, show_board
from vps.services.tokens import remove_project
from vps.simulator.server import Simulator


@pytest.fixture
def two(anna: User) -> TokenProject:
    """A token of two projects with a machine in each; the row of the first."""
    token = give_token(anna)
    for project in ("prj-1", "prj-2"):
        give_machine(token, machine={"project": project})
        TokenProject.objects.create(token=token, project=project, how="listed", checked_at=timezone.now())
    return TokenProject.objects.get(project="prj-1")


def test_its_machines_leave_the_open_board_at_once(anna: User, two: TokenProject) -> None:
    before = show_board(anna, View())
    remove_project(anna, two.token_id, "prj-1")
    board = poll_board(anna, View(), before.version, before.late).board
    assert board is not None
    assert [card.project for card in cards(board)] == ["prj-2"]
    assert list(two.token.projects.values_list("project", flat=True)) == ["prj-2"]


def test_a_machine_that_another_token_reads_stays(anna: User, two: TokenProject) -> None:
    give_access(give_token(anna, name="other"), two.token.accesses.get(machine__project="prj-1").machine)
    remove_project(anna, two.token_id, "prj-1")
    assert show_board(anna, View()).total == 2


def test_a_project_that_it_has_not_is_not_found(anna: User, two: TokenProject) -> None:
    with pytest.raises(Http404):
        remove_project(anna, two.token_id, "prj-3")


def test_a_stranger_removes_nothing(person: Callable[..., User], two: TokenProject) -> None:
    with pytest.raises(Http404):
        remove_project(person("ben"), two.token_id, "prj-1")
    assert two.token.accesses.count() == 2


def test_the_button_works_by_post_alone(signed_in: Client, two: TokenProject) -> None:
    address = reverse("token_project_remove", args=[two.token_id, "prj-1"])
    assert signed_in.get(address).status_code == 405
    assert Client().post(address).status_code == 302
    assert two.token.projects.count() == 2
    assert "no longer asked for" in signed_in.post(address, follow=True).content.decode()
    assert two.token.projects.count() == 1


def test_what_becomes_of_a_token_is_written_down_without_its_secret(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    project = next(iter(simulator.projects))
    secret = simulator.tokens[0].token
    tokens.rename_token(anna, token.pk, "Laptop")
    tokens.replace_token(anna, token.pk, Secret(secret))
    tokens.remove_project(anna, token.pk, project)
    tokens.add_project(anna, token.pk, project)
    tokens.forget_token(anna, token.pk)
    lines = list(AuditEvent.objects.order_by("pk").values("code", "token_owner", "detail"))
    assert [line["code"] for line in lines] == [
        "token.added",
        "token.renamed",
        "token.replaced",
        "token.project_removed",
        "token.project_added",
        "token.forgotten",
    ]
    assert {line["token_owner"] for line in lines} == {"anna"}
    assert secret not in repr(list(AuditEvent.objects.values()))
