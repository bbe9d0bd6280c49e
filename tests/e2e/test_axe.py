"""Every page, light and dark, free of barriers that a machine can find (axe, WCAG 2.2 AA and best practices)."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.conftest import PASSWORD, Complaints
from tests.e2e.conftest import OpenPanel
from tests.e2e.fleet import Fleet, say_state
from tests.e2e.panel import Panel
from vps.simulator.server import Simulator

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
SCREENS = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
STATES = ("fine", "off", "odd", "dead", "html", "gone", "full")


@pytest.fixture(scope="module")
def panel(open_panel: OpenPanel, provider: Simulator) -> Iterator[Panel]:
    """A panel whose processes these tests may end."""
    with open_panel(provider.api) as opened:
        yield opened


@pytest.fixture(scope="module")
def sick(panel: Panel, provider: Simulator) -> Fleet:
    """One machine in each state."""
    fleet = Fleet(panel, provider)
    fleet.add(*STATES, ipv4="192.0.2.7", ipv6="2001:db8::7/64")
    fleet.save_token("Shop")
    return fleet


def fall_ill(fleet: Fleet) -> None:
    fleet.set("off", status="stopped")
    fleet.set("odd", status="migrating")
    fleet.set("full", cpu=99.0)
    fleet.provider.fault("status", code=500, product=fleet.machines["dead"], body={"error": "Out of order"})
    fleet.provider.fault("html", product=fleet.machines["html"])
    fleet.provider.fault("status", code=404, product=fleet.machines["gone"])


RULES = {"light": {}, "dark": {"runOnly": {"type": "rule", "values": ["color-contrast"]}}}


class Barriers(list[str]):
    def look(self, page: Page, what: str) -> None:
        """Everything in light; of the same page in dark, what colours can change. Without motion, so that no colour
        is looked at halfway."""
        page.evaluate(Axe().axe_script)
        for scheme, rules in RULES.items():
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            options = {"resultTypes": ["violations"], **rules}
            for each in page.evaluate("options => axe.run(options)", options)["violations"]:
                nodes = " ".join(node["html"][:160] for node in each["nodes"][:3])
                self.append(f"{what}, {scheme}: {each['id']}: {nodes}")


@pytest.mark.parametrize("screen", SCREENS)
def test_pages_of_somebody_signed_in(
    screen: str, sick: Fleet, new_context: NewContext, complaints: Complaints
) -> None:
    complaints.expect("404")
    fall_ill(sick)
    found, url = Barriers(), sick.panel.url
    page = sick.enter(new_context(viewport=SCREENS[screen]))
    for name, word in (("odd", "“migrating”"), ("dead", "API unreachable"), ("gone", "Gone")):
        expect(say_state(page, name)).to_have_text(word)
    found.look(page, "board")
    page.get_by_role("group", name="fine").get_by_role("button", name="More").click()
    found.look(page, "board with its menu")
    paths = [
        "/?view=table",
        "/?q=nobody",
        *(sick.machine_path(name) for name in ("fine", "odd", "dead", "gone")),
    ]
    if screen == "desk":
        page.goto(f"{url}/tokens/")
        token = str(page.get_by_role("link", name="Shop", exact=True).get_attribute("href"))
        own = [
            "/accounts/sessions/",
            "/accounts/password/change/",
            "/accounts/reauthenticate/",
            "/nothing/here/",
        ]
        paths += ["/tokens/", token, f"{token}forget/", *own, f"{sick.machine_path('gone')}forget/"]
    for path in paths:
        page.goto(f"{url}{path}")
        found.look(page, path)
    sick.provider.clear_faults()
    assert found == []


def test_pages_in_front_of_the_panel_and_of_a_beginner(
    panel: Panel, new_context: NewContext, complaints: Complaints
) -> None:
    complaints.expect("40")
    found, context = Barriers(), new_context()
    page = context.new_page()
    page.goto(panel.url)
    found.look(page, "sign-in")
    page.get_by_label("Name or e-mail").fill("nobody")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found.look(page, "sign-in refused")
    panel.let_in(context, panel.session(panel.person("beginner")))
    page.goto(panel.url)
    found.look(page, "first board")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    found.look(page, "shortcuts")
    page.goto(f"{panel.url}/tokens/")
    page.get_by_label("Project IDs").fill("no project")
    page.get_by_role("button", name="Add token").click()
    expect(page.get_by_text("Paste the token here.")).to_be_visible()
    found.look(page, "refused form")
    context.clear_cookies(name="csrftoken")
    page.get_by_role("button", name="Add token").click()
    expect(page.get_by_role("heading", name="This page was too old")).to_be_visible()
    found.look(page, "403")
    page.goto(f"{panel.url}/accounts/logout/")
    found.look(page, "sign-out")
    assert found == []


def test_a_late_board_a_lost_one_and_a_broken_panel(
    sick: Fleet, new_context: NewContext, complaints: Complaints
) -> None:
    for part in ("ERR_", "htmx:", "500"):
        complaints.expect(part)
    panel, found = sick.panel, Barriers()
    page = sick.enter(new_context())
    expect(say_state(page, "fine")).to_have_text("Running")
    panel.end("collector")
    expect(say_state(page, "fine")).to_have_text("Was running")
    found.look(page, "late board")
    page.goto(f"{panel.url}{sick.machine_path('fine')}")
    found.look(page, "late machine")
    panel.end("web")
    expect(page.locator("#lost")).to_be_visible()
    found.look(page, "lost machine")
    panel.start()
    with panel.broken_database():
        page.goto(panel.url)
        expect(page.get_by_role("heading", name=re.compile("Something went wrong"))).to_be_visible()
        found.look(page, "500")
    assert found == []
