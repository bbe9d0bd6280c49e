"""A phone: one column, nothing beside the screen, targets as large as a thumb."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.fleet import Fleet, card

pytestmark = pytest.mark.browser
SMALL = """least => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary')]
  .filter(each => each.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }))
  .filter(each => !each.closest('.vh, .skip') && !(each.matches('p a') && getComputedStyle(each).display === 'inline'))
  .map(each => [each, each.getBoundingClientRect()])
  .filter(([each, box]) => box.width && (box.height < least - 0.5 || box.width < least - 0.5))
  .filter(([each]) => !hitsAround(each, least))
  .map(([each, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${each.outerHTML.slice(0, 110)}`)
"""
# A target may be larger than it looks, by what its ::before or ::after covers, or by its label.
AROUND = """() => {
window.hitsAround = (element, least) => {
  element.scrollIntoView({ block: 'center' })
  const box = element.getBoundingClientRect()
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  const reach = least / 2 - 1
  const spots = [[0, -reach], [0, reach], ...(box.width < least ? [[-reach, 0], [reach, 0]] : [])]
  return spots.every(([dx, dy]) => element.contains(document.elementFromPoint(x + dx, y + dy)))
}
}"""


@pytest.fixture
def phone(fleet: Fleet, new_context: Callable[..., BrowserContext]) -> Page:
    fleet.add("alpha", "beta", "gamma")
    fleet.set("beta", status="stopped")
    fleet.save_token("Shop")
    context = new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = fleet.enter(context)
    expect(page.get_by_role("link", name="1 Stopped")).to_be_visible()
    return page


def test_no_page_is_wider_than_the_phone_and_every_target_fits_a_thumb(fleet: Fleet, phone: Page) -> None:
    faults: list[str] = []
    phone.goto(f"{fleet.panel.url}/tokens/")
    token = str(phone.get_by_role("link", name="Shop", exact=True).get_attribute("href"))
    for path in ("/", "/?view=table", fleet.machine_path("alpha"), "/tokens/", token, f"{token}forget/"):
        phone.goto(f"{fleet.panel.url}{path}")
        phone.evaluate(AROUND)
        if not phone.evaluate("() => document.documentElement.scrollWidth <= innerWidth"):
            faults.append(f"{path} is wider than the phone")
        faults += [f"{path} {small}" for small in phone.evaluate(SMALL, 44)]
    assert not faults, "\n".join(faults)


def test_cards_stand_in_one_column_and_the_menu_opens_under_the_thumb(phone: Page) -> None:
    lefts = phone.locator(".card").evaluate_all("cards => cards.map(card => card.getBoundingClientRect().x)")
    assert len(set(lefts)) == 1
    card(phone, "gamma").get_by_role("button", name="More").tap()
    box = phone.locator("#more").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    phone.get_by_role("link", name="Tokens").tap()
    expect(phone.get_by_role("heading", name="My tokens")).to_be_visible()
