"""What a provider says is text and nothing else; what a visitor asks for reaches no provider."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
import requests
from playwright.sync_api import BrowserContext, expect

from tests.e2e.fleet import Fleet, say_state
from tests.e2e.panel import PATIENCE

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
NAMES = [
    "<script>window.broken=1</script>",
    "<img src=x onerror=window.broken=1>",
    '"><svg onload=window.broken=1>',
    "' onmouseover='window.broken=1",
    "{{ 7|add:7 }}{% now 'Y' %}",
    "javascript:window.broken=1",
    "a\u202etxt.exe",
    "</title></article><h1>Owned</h1>",
]
PIECES = [
    *("..", ".", "%2e%2e", "..%2f..", "..%5c", "%00", "%0d%0aX-Evil:1", "a%00b", "a b", " ", "a%20"),
    *("%2e", "....", "..;", "~", "*", "a*", "$(id)", "`id`", "a;b", "a|b", "a&b", "a?b=c", "a#b", "a%2fb"),
    *("a%252fb", "%252e%252e", "-a", "_a", "é", "%ff%fe", "\u202e", "\u0000", "a" * 65, "a" * 3000, "🦆"),
    *("null'", "'or'1'='1", '"', "<b>", "{{7}}", "{%x%}", "%s%s%n", "a:b", "a@b", "user:pw@h", "a,b", "a=b"),
    *(
        "[::1]",
        "http:",
        "http:%2f%2f127.0.0.1",
        "\\",
        "a\\b",
        "^",
        "a+b",
        "(a)",
        "a'b",
        "a!",
        "%",
        "%zz",
        "%u0041",
    ),
]


def test_hostile_names_are_text_on_every_page(fleet: Fleet, new_context: NewContext) -> None:
    for number, name in enumerate(NAMES):
        fleet.add(f"m{number}")
        fleet.set(f"m{number}", name=name, version=name)
    fleet.set("m0", status="<script>window.broken=1</script>")
    fleet.provider.fault("status", code=500, body={"error": NAMES[1]}, product=fleet.machines["m1"])
    fleet.save_token(name="<script>window.broken=1</script>")
    page = fleet.enter(new_context())
    expect(page.get_by_text("“<script>window.broken=1</script>”")).to_be_visible()
    expect(page.get_by_text(f"“{NAMES[1]}”")).to_be_visible()
    for path in ("/", "/?view=table", "/?group=token", "/tokens/", *map(fleet.machine_path, fleet.machines)):
        page.goto(f"{fleet.panel.url}{path}")
        assert page.evaluate("() => window.broken") is None
        expect(page.get_by_role("heading", name="Owned", exact=True)).to_have_count(0)
    page.goto(fleet.panel.url)
    shown = page.locator(".card h3").all_inner_texts()
    assert sorted(shown) == sorted(name.replace("\u202e", "\ufffd") for name in NAMES)


def test_a_name_of_200_letters_breaks_no_layout(fleet: Fleet, new_context: NewContext) -> None:
    fleet.add("long", "short")
    fleet.set("long", name="W" * 200)
    fleet.save_token()
    for width in (1440, 390):
        context = new_context(viewport={"width": width, "height": 800})
        page = fleet.enter(context)
        expect(say_state(page, "short")).to_have_text("Running")
        for path in ("/", "/?view=table", fleet.machine_path("long")):
            page.goto(f"{fleet.panel.url}{path}")
            assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), (width, path)
        page.goto(fleet.panel.url)
        heights = page.locator(".card").evaluate_all("cards => cards.map(card => card.offsetHeight)")
        assert len(set(heights)) == 1


AIR = """card => card.querySelector('.figs').getBoundingClientRect().top
  - card.querySelector('p.band').getBoundingClientRect().bottom"""


def test_a_sentence_of_three_lines_keeps_off_the_figures(fleet: Fleet, new_context: NewContext) -> None:
    fleet.add("alpha")
    fleet.save_token()
    words = "The network between this machine and its storage is being repaired. " * 3
    fleet.provider.fault("status", code=500, body={"error": words}, product=fleet.machines["alpha"])
    for width in (1440, 320):
        page = fleet.enter(new_context(viewport={"width": width, "height": 800}))
        band = page.locator("p.band", has_text="The network between")
        expect(band).to_be_visible()
        assert band.evaluate("band => band.scrollHeight > 48"), "it has three lines at least"
        assert page.locator(".card").evaluate(AIR) >= 4


def test_sixty_hostile_ids_are_not_found_and_reach_no_provider(fleet: Fleet) -> None:
    assert len(PIECES) >= 60
    fleet.add("alpha")
    before = fleet.provider.calls.last
    for piece in PIECES:
        sent = piece if "%" in piece and piece.isascii() else quote(piece, safe="%.~;*$'()!+,:@&=")
        for path in (
            f"/machines/{sent}/{fleet.machines['alpha']}/",
            f"/machines/{fleet.project}/{sent}/live/",
        ):
            status = ask(fleet, path)
            assert status == 404, (path, status)
    ours = [call for call in fleet.provider.calls.received(after=before) if call.project == fleet.project]
    assert ours == []
    assert not [call for call in fleet.provider.calls.received(after=before) if call.kind == "other"]


def ask(fleet: Fleet, path: str) -> int:
    """The path as it is: a browser or a library would tidy it."""
    request = requests.Request("GET", fleet.panel.url, cookies={"sessionid": fleet.cookie}).prepare()
    request.url = f"{fleet.panel.url}{path}"
    with requests.Session() as session:
        return session.send(request, timeout=PATIENCE, allow_redirects=False).status_code
