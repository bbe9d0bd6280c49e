"""The board's poll: nothing when nothing changed, else only what did."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.rows import give_machine, give_token
from tests.views.boards import change
from tests.views.gate import refused_methods, sent_to_sign_in
from vps.models import Machine


@pytest.fixture
def machines(anna: User) -> list[Machine]:
    token = give_token(anna)
    return [give_machine(token) for _ in range(3)]


def shown(client: Client) -> str:
    """The version of the board that the page shows."""
    found = re.search(r'data-since="([^"]+)"', client.get("/").content.decode())
    assert found is not None
    return found[1]


def cards(answer: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb'id="m(\d+)"', answer)]


def test_who_is_not_signed_in_goes_to_the_sign_in_page(anonymous: Client, db: None) -> None:
    assert sent_to_sign_in(anonymous, "/cards/")


def test_an_expired_session_never_puts_the_sign_in_page_into_a_card(anonymous: Client, db: None) -> None:
    here = {"HX-Request": "true", "HX-Current-URL": "http://testserver/?show=problems"}
    answer = anonymous.get("/cards/?since=1", headers=here)
    assert answer["HX-Redirect"] == "/accounts/login/?next=%2F%3Fshow%3Dproblems"
    assert answer.content == b""


def test_a_poll_only_reads(signed_in: Client) -> None:
    assert refused_methods(signed_in, "/cards/", "post", "put", "delete", "patch")


def test_nothing_new_is_no_content_and_still_tells_the_age(
    signed_in: Client, machines: list[Machine]
) -> None:
    answer = signed_in.get("/cards/", {"since": shown(signed_in), "late": "0"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Board-Overdue"] == "0"
    assert "no-store" in answer["Cache-Control"]


def test_only_the_changed_card_is_sent(signed_in: Client, machines: list[Machine]) -> None:
    since = shown(signed_in)
    change(machines[1], cpu=95)
    answer = signed_in.get("/cards/", {"since": since, "late": "0"})
    assert cards(answer.content) == [machines[1].pk]
    for part in (b'id="counts"', b'id="heard"', b"95 %"):
        assert part in answer.content


def test_in_the_table_it_is_a_row_within_a_table(signed_in: Client, machines: list[Machine]) -> None:
    since = shown(signed_in)
    change(machines[2], cpu=95)
    answer = signed_in.get("/cards/", {"since": since, "late": "0", "view": "table"})
    assert re.search(rb'<table><tbody><tr class="vm" id="m%d"' % machines[2].pk, answer.content)


def test_a_machine_more_makes_a_whole_board(signed_in: Client, anna: User, machines: list[Machine]) -> None:
    since = shown(signed_in)
    fresh = give_machine(give_token(anna))
    answer = signed_in.get("/cards/", {"since": since, "late": "0"})
    assert set(cards(answer.content)) == {fresh.pk, *(machine.pk for machine in machines)}
    assert b'id="groups"' in answer.content


@pytest.mark.parametrize("since", ["", "x", "-1", "9" * 40, "1-2", "<b>", "٣-1-1"])
def test_a_strange_version_gets_a_whole_board(signed_in: Client, machines: list[Machine], since: str) -> None:
    assert len(cards(signed_in.get("/cards/", {"since": since}).content)) == 3


def test_a_stranger_gets_nothing_of_it(stranger: Client, machines: list[Machine]) -> None:
    assert cards(stranger.get("/cards/", {"since": "0-0-0"}).content) == []
