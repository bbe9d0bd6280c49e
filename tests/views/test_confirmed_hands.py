"""Who has not said lately who they are presses Force stop in a dialog: they say it, and are asked again."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Page, expect

from tests.conftest import PASSWORD
from vps.models import Machine, PowerAction

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def forget_who_it_is(page: Page) -> None:
    (key,) = (cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid")
    session = SessionStore(key)
    del session["account_authentication_methods"]
    session.save()


def test_force_stop_comes_back_to_its_question_and_presses_nothing_by_itself(
    opened: Callable[..., Page], pair: tuple[Machine, Machine]
) -> None:
    address = f"/machines/{pair[0].project}/{pair[0].product}/"
    page = opened(address)
    forget_who_it_is(page)
    tick, press = page.get_by_label("I have no other way"), page.get_by_role("button", name="Force stop")
    page.get_by_role("link", name="Force stop").click()
    tick.check()
    press.click()
    expect(page.get_by_role("heading", name="Your password, once more")).to_be_visible()
    expect(page.get_by_text("Say who you are, then press Force stop again.")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Force stop web-01?")).to_be_visible()
    assert not PowerAction.objects.exists()
    expect(tick).not_to_be_checked()
    tick.check()
    press.click()
    expect(page).to_have_url(f"{page.url.split('/machines')[0]}{address}")
    assert PowerAction.objects.get().command == "kill"
