"""Barriers that a machine can find on a page (axe)."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES: dict[str, dict[str, object]] = {
    "light": {},
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast"]}},
}


def barriers(page: Page) -> list[str]:
    """Everything in light; of the same page in dark, what colours can change. Without motion, so that no colour is
    looked at halfway. And no page scrolls sideways."""
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(Axe().axe_script)
    found = []
    for theme, rules in RULES.items():
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        options = {"resultTypes": ["violations"], **rules}
        violations = page.evaluate("options => axe.run(options)", options)["violations"]
        found += [f"{page.url}, {theme}: {each['id']}: {each['nodes'][0]['html']}" for each in violations]
    if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{page.url} scrolls sideways")
    return found
