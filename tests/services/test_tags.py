"""The tags above the board."""

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from tests.rows import give_machine, give_token
from vps.models import Tag
from vps.services.address import View
from vps.services.tags import MOST_SHOWN, tag_chips


@pytest.fixture
def tagged(anna: User, ben: User) -> None:
    token = give_token(anna)
    for tags in (["web", "prod"], ["web"], []):
        machine = give_machine(token)
        Tag.objects.bulk_create([Tag(machine=machine, name=tag) for tag in tags])
    Tag.objects.create(machine=give_machine(give_token(ben)), name="bens")


@pytest.mark.usefixtures("tagged")
def test_each_of_ones_own_is_a_link_that_narrows_the_search_down(
    anna: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tag_chips(anna, View())  # which writes the query
    with django_assert_num_queries(1):
        chips = tag_chips(anna, View(q="db", view="table"))
    assert [(chip.name, chip.n, chip.current, chip.href) for chip in chips] == [
        ("prod", 1, False, "?q=db+tag%3Aprod&view=table"),
        ("web", 2, False, "?q=db+tag%3Aweb&view=table"),
    ]


@pytest.mark.usefixtures("tagged")
def test_the_one_that_is_searched_for_leads_back(anna: User) -> None:
    (prod, web) = tag_chips(anna, View(q="tag:WEB x"))
    assert (web.current, web.href) == (True, "?q=x")
    assert (prod.current, prod.href) == (False, "?q=tag%3AWEB+x+tag%3Aprod")


def test_of_many_the_most_used_are_shown_and_what_is_searched_for(anna: User) -> None:
    token = give_token(anna)
    machines = [give_machine(token), give_machine(token)]
    for number in range(MOST_SHOWN + 5):
        for machine in machines[: 1 if number < 5 else 2]:
            Tag.objects.create(machine=machine, name=f"t{number:02}")
    assert next(chip.name for chip in tag_chips(anna, View())) == "t05"
    shown = [chip.name for chip in tag_chips(anna, View(q="tag:t00"))]
    assert (shown[0], len(shown)) == ("t00", MOST_SHOWN)
