"""What the browser tests of power buttons share."""

from playwright.sync_api import Locator, Page, expect

from tests.e2e.fleet import Fleet


def sent(fleet: Fleet, name: str) -> list[str]:
    """The commands that the provider received for a machine, in order."""
    return [receipt.action for receipt in fleet.provider.calls.received("control", fleet.machines[name])]


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def toast(page: Page, text: str) -> Locator:
    return page.locator(".toast").filter(has_text=text)


def confirm(page: Page, deed: str) -> None:
    """Presses the dialog's button, with the tick that a force stop waits for."""
    if deed == "Force stop":
        dialog(page).get_by_label("I have no other way to stop it.").check()
    dialog(page).get_by_role("button", name=deed, exact=True).click()
    expect(dialog(page)).to_have_count(0)


def running(page: Page) -> None:
    expect(page.locator(".title .state")).to_have_text("Running")
