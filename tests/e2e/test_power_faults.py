"""Power buttons while the provider fails: the outcome shown is the true one, and nothing is sent again."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.fleet import Fleet, card, say_state
from tests.e2e.powers import confirm, running, sent, toast

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
UNKNOWN, NOT = "Nobody knows whether web was rebooted.", "web was not rebooted: "
LOST = "The request was sent, then "
SAYS_NO = {"success": False, "error": "Locked by billing."}
FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("hangs", {"fault": "hang"}, UNKNOWN, f"{LOST}no answer came in time."),
    ("resets", {"fault": "reset"}, UNKNOWN, f"{LOST}the connection was cut."),
    ("obeys, then resets", {"fault": "reset", "after": True}, UNKNOWN, f"{LOST}the connection was cut."),
    ("fails", {"fault": "status", "code": 500}, UNKNOWN, f"{LOST}the provider answered with a failure"),
    ("talks nonsense", {"fault": "garbage"}, UNKNOWN, f"{LOST}an answer came that makes no sense."),
    ("denies without a reason", {"fault": "wrong_json", "body": {"success": False}}, UNKNOWN, LOST),
    ("says why not", {"fault": "wrong_json", "body": SAYS_NO}, f"{NOT}the provider said no.", "Locked by billing"),
    ("refuses the token", {"fault": "status", "code": 401}, f"{NOT}the token was refused.", "The provider said 401"),
    ("forbids it", {"fault": "status", "code": 403}, f"{NOT}the token may not do this.", "VPS_CONTROL"),
    ("wants fewer calls", {"fault": "status", "code": 429}, f"{NOT}the provider wants fewer", "again in a minute."),
]  # fmt: skip


@pytest.fixture
def web(fleet: Fleet) -> Fleet:
    fleet.add("web")
    fleet.save_token()
    return fleet


@pytest.mark.parametrize(
    ("fault", "sentence", "advice"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
def test_what_became_of_a_press_is_said_and_nothing_is_sent_again(
    web: Fleet, new_context: NewContext, fault: dict[str, Any], sentence: str, advice: str
) -> None:
    page = web.enter(new_context(), web.machine_path("web"))
    running(page)
    web.provider.fault(**fault, kind="control", project=web.project)
    page.get_by_role("link", name="Reboot").click()
    confirm(page, "Reboot")
    told = toast(page, sentence)
    expect(told).to_contain_text(advice)
    expect(told).to_have_attribute("role", "alert")
    outcome = page.locator("#timeline li").filter(has_text=web.person)
    expect(outcome).to_contain_text("Outcome unknown" if sentence == UNKNOWN else "Failed")
    page.reload()
    expect(outcome).to_have_count(1)
    assert sent(web, "web") == ["reboot"]


def test_what_nobody_knows_is_seen_in_the_end(web: Fleet, new_context: NewContext) -> None:
    page = web.enter(new_context())
    expect(say_state(page, "web")).to_have_text("Running")
    web.provider.fault("reset", kind="control", project=web.project, after=True)
    card(page, "web").get_by_role("link", name="Shut down").click()
    confirm(page, "Shut down")
    told = toast(page, "Nobody knows whether web was shut down.")
    expect(told.get_by_role("link", name="Open the machine")).to_be_visible()
    expect(say_state(page, "web")).to_have_text("Stopped")
    expect(told).to_be_visible()  # until it is dismissed
    told.get_by_role("link", name="Open the machine").click()
    outcome = page.locator("#timeline li").filter(has_text=web.person)
    expect(outcome).to_contain_text("Outcome unknown, but seen")
    assert sent(web, "web") == ["stop"]


def test_a_provider_that_cannot_be_reached_was_sent_nothing(web: Fleet, new_context: NewContext) -> None:
    page: Page = web.enter(new_context(), web.machine_path("web"))
    running(page)
    web.provider.fault("refuse")
    page.get_by_role("link", name="Reboot").click()
    confirm(page, "Reboot")
    expect(toast(page, f"{NOT}nothing was sent.")).to_contain_text("it refused the connection")
    web.provider.clear_faults()
    running(page)
    assert sent(web, "web") == []
