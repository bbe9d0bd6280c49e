"""What a token says of its own end stands on its page and in the list of tokens, and runs on in the browser."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.rows import give_token


def shown(client: Client, address: str) -> str:
    return re.sub(r"</?time[^>]*>", "", client.get(address).content.decode())


@pytest.fixture
def pages(anna: User, signed_in: Client) -> Callable[[timedelta | None], tuple[str, str]]:
    """The list and the page of a token that says it expires so far from now."""

    def show(ahead: timedelta | None) -> tuple[str, str]:
        token = give_token(anna, expires_at=ahead and timezone.now() + ahead)
        return shown(signed_in, "/tokens/"), shown(signed_in, f"/tokens/{token.pk}/")

    return show


def test_what_is_left_is_told(pages: Callable[[timedelta | None], tuple[str, str]]) -> None:
    for page in pages(timedelta(minutes=40, seconds=30)):
        assert ">says it expires in 40 min<" in page
        assert 'class="lamp" data-tone="late">says' not in page


def test_a_token_that_says_it_is_over_is_told_with_a_warning(
    pages: Callable[[timedelta | None], tuple[str, str]],
) -> None:
    for page in pages(-timedelta(days=3, hours=1)):
        assert '<span class="lamp" data-tone="late">says it expired 3 d ago</span>' in page


def test_a_token_that_says_nothing_has_no_such_line(
    pages: Callable[[timedelta | None], tuple[str, str]],
) -> None:
    for page in pages(None):
        assert ">says it" not in page


def test_the_browser_says_the_same_words(anna: User, opened: Callable[..., Page]) -> None:
    give_token(anna, "soon", expires_at=timezone.now() + timedelta(minutes=40, seconds=30))
    give_token(anna, "over", expires_at=timezone.now() - timedelta(days=3, hours=1))
    page = opened("/tokens/")
    expect(page.get_by_text("says it expires in 40 min")).to_be_visible()
    expect(page.get_by_text("says it expired 3 d ago")).to_be_visible()
    page.clock.set_fixed_time(timezone.now() + timedelta(minutes=45))
    expect(page.get_by_text("says it expired 4 min ago")).to_be_visible()
