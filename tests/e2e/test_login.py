"""The default login in a browser: revealed for a minute, copied in silence, gone, cleared."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.fleet import Fleet
from tests.e2e.login_kit import SECRET, alpha, confirm, known, reveal, sent

__all__ = ["alpha", "known"]
pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
KEPT = """async () => JSON.stringify([
  { ...localStorage }, { ...sessionStorage }, document.cookie, history.state, window.name,
  await caches.keys(), await indexedDB.databases(), performance.getEntries().map(entry => entry.name),
])"""


def test_it_is_revealed_to_who_says_who_they_are_and_copied_in_silence(
    fleet: Fleet, alpha: str, new_context: NewContext
) -> None:
    context = new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = fleet.enter(context, fleet.machine_path("alpha"))
    page.locator(".facts").get_by_role("link", name="Default login").click()
    expect(page.get_by_text("Not revealed here yet.")).to_be_visible()
    reveal(page)
    facts = page.locator("dl.facts")
    for told in ("linux", "192.0.2.7", "ssh", "ubuntu"):
        expect(facts).to_contain_text(told)
    facts.get_by_role("button", name="ubuntu").click()
    expect(page.locator("#said")).to_have_text("Copied: ubuntu")
    page.locator("#password button").click()
    expect(page.locator("#said")).to_have_text("The password is copied.")
    assert page.evaluate("() => navigator.clipboard.readText()") == SECRET
    assert page.content().count("of-alpha") == 1
    assert sent(fleet, "GET") == 1


def test_after_a_minute_it_is_taken_out_of_the_page_and_that_is_said(
    fleet: Fleet, alpha: str, new_context: NewContext
) -> None:
    page = fleet.enter(new_context(), alpha)
    page.clock.install()
    reveal(page)
    page.locator("#password button").focus()
    page.clock.run_for(20_000)
    expect(page.get_by_text("Hidden again in 40 s.")).to_be_visible()
    page.clock.run_for(41_000)
    expect(page.locator("#password")).to_have_text("–")
    assert "of-alpha" not in page.content()
    expect(page.locator("#said")).to_have_text("The password is hidden again.")
    again = page.get_by_role("link", name="Reveal again")
    expect(again).to_be_focused()
    again.press("Enter")
    expect(page.get_by_text("The provider still told it at")).to_be_visible()
    assert sent(fleet, "GET") == 1


def test_a_tab_that_slept_hides_it_when_it_wakes(fleet: Fleet, alpha: str, new_context: NewContext) -> None:
    page = fleet.enter(new_context(), alpha)
    page.clock.install()
    reveal(page)
    page.clock.fast_forward(3_600_000)
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    assert "of-alpha" not in page.content()


def test_neither_reload_nor_back_nor_forward_shows_it_again_or_asks_again(
    fleet: Fleet, alpha: str, new_context: NewContext
) -> None:
    page = fleet.enter(new_context(), alpha)
    reveal(page)
    expect(page).to_have_url(f"{fleet.panel.url}{alpha}")
    page.reload()
    expect(page.get_by_role("button", name="Reveal")).to_be_visible()
    page.get_by_role("button", name="Reveal").click()
    expect(page.locator("#password")).to_have_text(SECRET)
    page.get_by_role("link", name="VPS Dashboard").click()
    expect(page.locator(".card")).to_have_count(1)
    page.go_back()
    expect(page.get_by_role("heading", name="Default login")).to_be_visible()
    assert "of-alpha" not in page.content()
    page.go_forward()
    page.go_back()
    assert "of-alpha" not in page.content()
    assert sent(fleet, "GET") == 2
    assert "of-alpha" not in page.evaluate(KEPT)
    assert "of-alpha" not in str(page.context.storage_state(indexed_db=True))


def test_a_page_that_is_left_holds_it_no_more(fleet: Fleet, alpha: str, new_context: NewContext) -> None:
    """As the browser would keep it, to show it again at once."""
    page = fleet.enter(new_context(), alpha)
    reveal(page)
    page.evaluate("() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    assert "of-alpha" not in page.content()
    expect(page.get_by_role("link", name="Reveal again")).to_be_visible()


def test_hide_now_hides_now(fleet: Fleet, alpha: str, new_context: NewContext) -> None:
    page = fleet.enter(new_context(), alpha)
    reveal(page)
    page.get_by_role("link", name="Hide now").click()
    expect(page.get_by_role("button", name="Reveal")).to_be_visible()
    assert "of-alpha" not in page.content()


def test_what_is_gone_is_a_state(fleet: Fleet, alpha: str, new_context: NewContext) -> None:
    fleet.set("alpha", login_for=0)
    page = fleet.enter(new_context(), alpha)
    page.get_by_role("button", name="Reveal").click()
    confirm(page)
    page.get_by_role("button", name="Reveal").click()
    expect(page.get_by_text("No longer available since")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("button", name="Ask again")).to_be_visible()
    expect(page.get_by_role("link", name="Clear…")).to_have_count(0)


def test_a_failure_says_what_to_do(fleet: Fleet, alpha: str, new_context: NewContext) -> None:
    page = fleet.enter(new_context(), alpha)
    page.get_by_role("button", name="Reveal").click()
    confirm(page)
    fleet.provider.fault("status", code=403, kind="defaultlogin", project=fleet.project)
    page.get_by_role("button", name="Reveal").click()
    expect(page.get_by_role("alert")).to_contain_text("Give it the permission at the provider.")


def test_clear_asks_then_clears_once(fleet: Fleet, known: str, new_context: NewContext) -> None:
    page = fleet.enter(new_context(), known)
    page.get_by_role("link", name="Clear…").click()
    expect(page.get_by_text("That cannot be undone.")).to_be_visible()
    page.get_by_role("link", name="Keep it").click()
    page.get_by_role("link", name="Clear…").click()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("The default login of “alpha” is cleared.")).to_be_visible()
    expect(page.get_by_text("No longer available since")).to_be_visible()
    page.reload()
    page.go_back()
    assert sent(fleet, "POST") == 1


def test_a_press_shows_at_once_and_a_second_one_is_none(
    fleet: Fleet, known: str, new_context: NewContext
) -> None:
    fleet.provider.fault("latency", seconds=1.5, kind="defaultlogin", project=fleet.project)
    page = fleet.enter(new_context(), f"{known}clear/")
    button = page.get_by_role("button", name="Clear")
    assert button.evaluate("button => { button.click(); button.click(); return button.ariaBusy }") == "true"
    expect(page.get_by_text("The default login of “alpha” is cleared.")).to_be_visible()
    assert sent(fleet, "POST") == 1


def test_a_clear_that_nobody_knows_of_is_said_and_not_sent_again(
    fleet: Fleet, known: str, new_context: NewContext
) -> None:
    fleet.provider.fault("reset", kind="defaultlogin", project=fleet.project, times=1)
    page = fleet.enter(new_context(), f"{known}clear/")
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("alert")).to_contain_text("Nobody knows whether it was cleared")
    page.reload()
    expect(page.get_by_text("Clear was pressed at")).to_be_visible()
    assert sent(fleet, "POST") == 1
