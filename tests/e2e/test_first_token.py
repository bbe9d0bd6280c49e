"""From an empty board to a living one, with two providers that have nothing in common but their document."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.conftest import PASSWORD, Complaints
from tests.e2e.conftest import OpenPanel
from tests.e2e.fleet import say_state
from tests.e2e.panel import Panel
from tests.standin import StandIn
from vps.simulator.server import Simulator

pytestmark = pytest.mark.browser


@dataclass
class Provider:
    """A panel that asks one of the two providers; `hand`: its machines must be named. `shown`: as the board says."""

    panel: Panel
    project: str
    token: str
    shown: str
    hand: str
    stop: Callable[[], None]


@pytest.fixture(scope="module")
def standin_panel(open_panel: OpenPanel) -> Iterator[tuple[StandIn, Panel]]:
    with StandIn() as provider, open_panel(provider.api) as panel:
        yield provider, panel


def simulated(panel: Panel, simulator: Simulator) -> Provider:
    project = simulator.world.add_project()
    machine = simulator.add_machine(project, name="web-01").product
    token = simulator.mint([project], calls_per_minute=0).token
    return Provider(panel, project, token, "web-01", "", lambda: simulator.set(machine, status="stopped"))


def stood_in(provider: StandIn, panel: Panel) -> Provider:
    machine = provider.add()

    def stop() -> None:
        provider.machines[machine].state = "stopped"

    return Provider(panel, provider.project, provider.token, machine, machine, stop)


@pytest.fixture(params=["simulator", "standin"])
def either(request: pytest.FixtureRequest) -> Provider:
    if request.param == "standin":
        return stood_in(*request.getfixturevalue("standin_panel"))
    return simulated(request.getfixturevalue("panel"), request.getfixturevalue("provider"))


def sign_in(page: Page, panel: Panel, person: str, path: str = "/") -> None:
    page.goto(f"{panel.url}{path}")
    page.get_by_label("Name or e-mail").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def fill_in(page: Page, name: str, token: str, projects: str) -> None:
    form = page.get_by_role("form", name="Add a token")
    form.get_by_label("Name", exact=True).fill(name)
    form.get_by_label("Token", exact=True).fill(token)
    form.get_by_label("Project IDs").fill(projects)


def alert(page: Page) -> Locator:
    return page.get_by_role("form", name="Add a token").get_by_role("alert")


def press_add(page: Page) -> None:
    page.get_by_role("form", name="Add a token").get_by_role("button", name="Add token").click()


def test_a_person_signs_in_adds_a_token_and_sees_machines_live(
    either: Provider, page: Page, complaints: Complaints
) -> None:
    either.panel.person(f"first-{either.shown}")
    sign_in(page, either.panel, f"first-{either.shown}")
    expect(page.get_by_role("heading", name="No machines yet.")).to_be_visible()
    fill_in(page, "Shop", either.token, either.project)
    press_add(page)
    if either.hand:
        complaints.expect("422")
        expect(alert(page)).to_contain_text("Name one machine id, and it is read instead.")
        expect(page.get_by_label("Name", exact=True)).to_have_value("Shop")
        expect(page.get_by_label("Project IDs")).to_have_value(either.project)
        expect(page.get_by_label("Token", exact=True)).to_have_value("")
        assert either.token not in page.content()
        page.get_by_label("Machine IDs").fill(either.hand)
        page.get_by_label("Token", exact=True).fill(either.token)
        press_add(page)
    expect(page.get_by_text("“Shop” is saved.")).to_be_visible()
    expect(page.get_by_text(f"{either.project}: 1 machine found.")).to_be_visible()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Board").click()
    expect(say_state(page, either.shown)).to_have_text("Running")
    either.stop()
    expect(say_state(page, either.shown)).to_have_text("Stopped")
    expect(page.get_by_role("link", name="1 Stopped")).to_be_visible()
    page.get_by_role("link", name=either.shown, exact=True).click()
    expect(page.get_by_role("heading", name=either.shown, level=1)).to_be_visible()
    expect(page.locator("dl.facts").last).to_contain_text(either.project)


def test_a_refused_token_is_not_saved_and_the_form_says_why(
    panel: Panel, provider: Simulator, new_context: Callable[..., BrowserContext], complaints: Complaints
) -> None:
    complaints.expect("422")
    context = new_context()
    panel.let_in(context, panel.session(panel.person("refused")))
    page = context.new_page()
    page.goto(f"{panel.url}/tokens/")
    fill_in(page, "Wrong", "key_nobody-gave-this-out", provider.world.add_project())
    press_add(page)
    expect(alert(page)).to_contain_text("Nothing was saved.")
    expect(alert(page)).to_contain_text("refuses this token (401)")
    expect(page.get_by_text("None yet.")).to_be_visible()


def test_a_wrong_project_id_gets_a_sentence_beside_its_field(
    panel: Panel, new_context: Callable[..., BrowserContext], complaints: Complaints
) -> None:
    complaints.expect("422")
    context = new_context()
    panel.let_in(context, panel.session(panel.person("mistyper")))
    page = context.new_page()
    page.goto(f"{panel.url}/tokens/")
    fill_in(page, "Shop", "key_long-enough-to-try", "shop prod 2")
    press_add(page)
    field = page.get_by_label("Project IDs")
    expect(field).to_have_value("shop prod 2")
    expect(field).to_have_accessible_description(
        re.compile("“shop prod 2” is no project id: it holds spaces. An id has letters, digits, - and _")
    )
    expect(page.get_by_label("Token", exact=True)).to_have_value("")
