"""Searching by tag and by keeper, and the board in groups by tag."""

import pytest
from django.contrib.auth.models import User

from tests.rows import give_machine, give_token
from tests.services.board_kit import board, names
from vps.models import Machine, Tag


@pytest.fixture
def fleet(anna: User, ben: User) -> None:
    token = give_token(anna)
    for name, tags, keeper in (
        ("a", ["web", "prod"], anna),
        ("b", ["webdev"], ben),
        ("c", [], None),
        ("d", ["web"], None),
    ):
        machine = give_machine(token, machine={"name": name, "keeper": keeper})
        Tag.objects.bulk_create([Tag(machine=machine, name=tag) for tag in tags])


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("tag:web", ["a", "d"]),
        ("TAG:Web", ["a", "d"]),
        ("tag:web tag:prod", ["a"]),
        ("tag:web d", ["d"]),
        ("tag:we", []),
        ("tag:", []),
        ("web", []),
        ("keeper:anna", ["a"]),
        ("keeper:BE", ["b"]),
        ("keeper:", ["a", "b"]),
        ("keeper:nobody", []),
    ],
)
def test_a_search(anna: User, q: str, found: list[str]) -> None:
    shown = board(anna, q)
    assert (names(shown), shown.total) == (found, len(found))


@pytest.mark.usefixtures("fleet")
def test_a_machine_is_once_on_the_board_under_its_first_tag_and_those_without_come_last(anna: User) -> None:
    groups = board(anna, group="tag").groups
    told = [(group.title, group.machines, [face.card.name for face in group.cards]) for group in groups]
    assert told == [("prod", 1, ["a"]), ("web", 1, ["d"]), ("webdev", 1, ["b"]), ("No tag", 1, ["c"])]


def test_tags_of_machines_that_one_does_not_see_are_none(anna: User, ben: User) -> None:
    machine = give_machine(give_token(ben), machine={"name": "his"})
    Tag.objects.create(machine=machine, name="web")
    give_machine(give_token(anna), machine={"name": "mine"})
    assert names(board(anna, "tag:web")) == []
    assert [group.title for group in board(anna, group="tag").groups] == ["No tag"]
    assert Machine.objects.count() == 2
