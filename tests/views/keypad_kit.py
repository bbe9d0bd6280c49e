"""Finds the buttons of a machine on a page."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Locator, Page

ON_TIME: dict[str, Any] = {"late_at": timezone.now() + timedelta(hours=1)}


def keypad(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name, exact=True)


def key(page: Page, name: str, word: str) -> Locator:
    return keypad(page, name).locator("a, button").filter(has_text=word)


def more(page: Page, name: str) -> Locator:
    return keypad(page, name).get_by_role("button", name="More")
