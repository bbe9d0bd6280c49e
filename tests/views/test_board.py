"""The board: who sees what, in which form, and that nothing which a provider says can break it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from tests.rows import give_machine, give_token
from tests.views.gate import refused_methods, sent_to_sign_in

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7|add:7 }}",
    "'; DROP--",
    "&lt;b&gt;",
]


@pytest.fixture
def web(anna: User) -> int:
    """Anna's running machine web-01."""
    machine = give_machine(
        give_token(anna), machine={"name": "web-01", "ipv4": "203.0.113.5", "ipv6": "2001:db8::5/64"}
    )
    return machine.pk


def test_who_is_not_signed_in_goes_to_the_sign_in_page(anonymous: Client, db: None) -> None:
    assert sent_to_sign_in(anonymous, "/")


def test_a_search_of_an_expired_session_leaves_the_page(anonymous: Client, db: None) -> None:
    answer = anonymous.get(
        "/?q=web", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/?q=we"}
    )
    assert answer["HX-Redirect"] == "/accounts/login/?next=%2F%3Fq%3Dwe"


def test_the_board_is_only_read(signed_in: Client) -> None:
    assert refused_methods(signed_in, "/", "post", "put", "delete", "patch")


def test_without_a_token_it_teaches_to_add_one(signed_in: Client) -> None:
    page = signed_in.get("/").content.decode()
    assert "Add a token, and they appear." in page
    assert 'action="/tokens/add/"' in page
    assert "htmx" not in page
    assert 'http-equiv="refresh"' not in page  # it would empty the form under the hand


def test_a_token_without_machines_says_so(signed_in: Client, anna: User) -> None:
    give_token(anna)
    assert "Your tokens see no machines" in signed_in.get("/").content.decode()


def test_a_machine_is_a_card_with_its_word_address_and_figures(signed_in: Client, web: int) -> None:
    page = signed_in.get("/").content.decode()
    card = re.search(rf'<article class="card" id="m{web}".*?</article>', page, re.DOTALL)
    assert card is not None
    for part in (
        "web-01",
        "Running",
        "203.0.113.5",
        'role="group" aria-label="web-01"',
        "15 %",
        "50 %",
        "20 %",
        "up 1 h",
    ):
        assert part in card[0]


def test_or_a_row_of_a_table(signed_in: Client, web: int) -> None:
    page = signed_in.get("/?view=table").content.decode()
    assert f'<tr class="vm" id="m{web}"' in page
    assert "<article" not in page


# Selecting -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["cards", "table"])
def test_machines_are_selected_by_a_box_each_that_bears_their_name(
    signed_in: Client, web: int, view: str
) -> None:
    box = rf'<input type="checkbox" name="machine" value="{web}" form="bulk"[^>]* aria-labelledby="n{web}">'
    page = signed_in.get(f"/?select=1&view={view}").content.decode()
    assert re.search(box, page)
    assert f'id="n{web}"' in page
    assert 'class="dots"' not in page
    assert not re.search(box, signed_in.get(f"/?view={view}").content.decode())


def test_selecting_is_a_view_like_others_and_ends_where_it_began(signed_in: Client, web: int) -> None:
    page = signed_in.get("/?q=web&view=table").content.decode()
    assert '<a class="btn" id="select" href="?q=web&amp;view=table&amp;select=1">Select</a>' in page
    page = signed_in.get("/?q=web&select=1").content.decode()
    assert '<a class="btn" id="select" href="?q=web">Done</a>' in page
    assert 'hx-get="/cards/?q=web&amp;select=1"' in page
    assert '<input type="hidden" name="select" value="1">' in page


def test_a_page_where_boxes_are_ticked_never_reloads_itself(signed_in: Client, web: int) -> None:
    assert 'http-equiv="refresh"' not in signed_in.get("/?select=1").content.decode()


def test_a_stranger_sees_none_of_it(stranger: Client, web: int) -> None:
    page = stranger.get("/").content.decode()
    assert "web-01" not in page
    assert "203.0.113.5" not in page


def test_no_browser_keeps_a_copy(signed_in: Client, web: int) -> None:
    assert "no-store" in signed_in.get("/")["Cache-Control"]


def test_a_missing_figure_is_a_dash(signed_in: Client, anna: User) -> None:
    give_machine(give_token(anna), cpu=None, memory=None, disk=None)
    page = signed_in.get("/").content.decode()
    assert page.count("<b>–</b>") == 3
    assert "<meter" not in page


def test_a_search_without_a_match_says_so_and_keeps_the_words(signed_in: Client, web: int) -> None:
    page = signed_in.get("/", {"q": "nothing <b>here"}).content.decode()
    assert "No machine matches “nothing &lt;b&gt;here”" in page
    assert 'value="nothing &lt;b&gt;here"' in page


def test_a_search_as_one_types_is_answered_with_the_live_part_and_its_address(
    signed_in: Client, web: int
) -> None:
    answer = signed_in.get("/?q=web&group=project", headers={"HX-Request": "true"})
    assert answer["HX-Replace-Url"] == "/?q=web"
    assert b"<html" not in answer.content
    assert b'id="search"' in answer.content


def test_an_emptied_search_has_the_plain_address(signed_in: Client, web: int) -> None:
    assert signed_in.get("/?q=", headers={"HX-Request": "true"})["HX-Replace-Url"] == "/"


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("view", ["cards", "table"])
def test_what_a_provider_says_is_only_text(text: str, view: str, signed_in: Client, anna: User) -> None:
    named = {"name": text, "ipv4": text, "ipv6": text, "project": "prj"}
    token = give_token(anna, name=text)
    said: dict[str, Any] = {"said": text, "said_to": token.pk}
    give_machine(token, machine=named, word=text, problem="unreachable", **said)
    page = signed_in.get(f"/?view={view}&group=token").content.decode()
    assert page.count(escape(text)) >= 5
    assert text not in page.replace(escape(text), "")


def test_a_late_collector_is_said_and_nothing_is_green(signed_in: Client, anna: User) -> None:
    past = timezone.now() - timedelta(minutes=12)
    give_machine(give_token(anna), heard_at=past, checked_at=past, due_at=past, late_at=past)
    page = signed_in.get("/").content.decode()
    groups = page[page.index('id="groups"') :]
    assert "The collector is late" in page
    assert re.search(r'<main class="page board stale"', page)
    assert "Was running" in groups
    assert 'data-tone="ok"' not in groups


def test_the_title_and_the_icon_tell_the_number_of_problems(signed_in: Client, anna: User) -> None:
    give_machine(give_token(anna), problem="unreachable")
    page = signed_in.get("/").content.decode()
    assert "<title>(1) Board · VPS Dashboard</title>" in page
    assert re.search(r'<link rel="icon"[^>]* href="[^"]*favicon-problem', page)


def test_a_page_without_a_script_reloads_itself(signed_in: Client, web: int) -> None:
    assert (
        '<noscript><meta http-equiv="refresh" content="10"></noscript>' in signed_in.get("/").content.decode()
    )


def test_nothing_in_the_page_needs_an_unsafe_policy(signed_in: Client, web: int) -> None:
    page = signed_in.get("/").content.decode()
    assert not re.search(r"<script(?![^>]* src=)", page)
    assert not re.search(r"<style|\sstyle=|\son\w+=|hx-on|hx-vals|javascript:", page)
