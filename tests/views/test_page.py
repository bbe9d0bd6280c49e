"""The tags that templates use on every page."""

import pytest
from django.contrib.auth.models import User
from django.template import Context
from django.test import Client, RequestFactory

from vps.templatetags import browsers, page


@pytest.mark.parametrize(("name", "sign"), [("anna.berg", "AB"), ("anna", "A"), ("a-b-c", "AB"), ("", "")])
def test_initials(name: str, sign: str) -> None:
    assert page.initials(name) == sign


def test_a_person_has_one_sign_wherever_they_are_named() -> None:
    assert page.initials(User(username="anna.berg", first_name="Dana", last_name="Demo")) == "AB"


@pytest.mark.parametrize(
    ("path", "mark"),
    [
        ("/tokens/", ' aria-current="page"'),
        ("/tokens/7/rename/", ' aria-current="true"'),
        ("/", ""),
        ("/accounts/sessions/", ""),
    ],
)
def test_the_head_marks_the_page_or_the_part_that_it_is_in(rf: RequestFactory, path: str, mark: str) -> None:
    assert page.current(Context({"request": rf.get(path)}), "/tokens/", "/tokens/") == mark


def test_shortcuts_of_the_board_are_listed_on_the_board_alone(client: Client, anna: User) -> None:
    client.force_login(anna)
    assert "Cards or table" not in client.get("/tokens/").content.decode()


LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (f"{LINUX} Chrome/141.0.0.0 Safari/537.36", "Chrome on Linux"),
        (f"{LINUX} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0", "Edge on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Windows",
        ),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android"),
        (f"{IPHONE} Version/18.5 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        (f"{IPHONE} CriOS/141.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        ("curl/8.14.1", "curl/8.14.1"),
        ("x" * 60, "x" * 39 + "…"),
        ("", "–"),
    ],
)
def test_a_browser_is_told_in_a_few_words(agent: str, said: str) -> None:
    assert browsers.browser(agent) == said
