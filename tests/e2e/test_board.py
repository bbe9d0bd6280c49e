"""The board as somebody sees it who has machines."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.fleet import Fleet, card, say_state

pytestmark = pytest.mark.browser


def test_a_change_at_the_provider_appears_without_a_reload(fleet: Fleet, board: Page) -> None:
    board.evaluate("() => { window.marked = true }")
    expect(say_state(board, "alpha")).to_have_text("Running")
    fleet.set("alpha", status="stopped")
    expect(say_state(board, "alpha")).to_have_text("Stopped")
    expect(say_state(board, "beta")).to_have_text("Running")
    fleet.set("alpha", status="running", cpu=93.0)
    expect(say_state(board, "alpha")).to_have_text("Running")
    expect(card(board, "alpha").get_by_text("95 %")).to_be_visible()
    assert board.evaluate("() => window.marked")
