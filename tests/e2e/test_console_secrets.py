"""Ticket and secret of a console are in the page's memory, in the answer that brought them, and nowhere else."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Response, WebSocket, expect

from tests.conftest import Complaints
from tests.e2e.consoles import connect, console_path, drop_connections, expect_connected, lines, until
from tests.e2e.fleet import Fleet
from tests.secret_search import find_secrets

pytestmark = pytest.mark.browser
KEPT = """async () => JSON.stringify([
  { ...localStorage }, { ...sessionStorage }, document.cookie, history.state, history.length, window.name,
  location.href, await caches.keys(), await indexedDB.databases(), performance.getEntries(),
  Object.keys(window).filter(name => typeof window[name] === 'string').map(name => window[name]),
])"""


class Overheard:
    """All that a page asks for, is answered and sends, but the answers with tickets, which are kept apart."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.tickets: list[dict[str, str]] = []
        self.said: dict[str, str | bytes] = {}
        self.sockets: list[WebSocket] = []
        page.on("request", self._asked)
        page.on("response", self._answered)
        page.on("websocket", self._opened)
        page.on("console", lambda message: self.keep("console", message.text))

    def keep(self, place: str, said: str | bytes) -> None:
        self.said[f"{place} ({len(self.said)})"] = said

    def look(self) -> None:
        """What the page holds now."""
        self.keep("page", self.page.content())
        self.keep("kept", self.page.evaluate(KEPT))
        self.keep("cookies", json.dumps(self.page.context.cookies()))

    @property
    def secrets(self) -> list[str]:
        return [part for told in self.tickets for part in (told["url"].rpartition("/")[2], told["secret"])]

    def _asked(self, request: Request) -> None:
        self.keep("address", request.url)
        self.keep("request", request.post_data_buffer or b"")
        self.keep("headers", json.dumps(request.headers))

    def _answered(self, response: Response) -> None:
        if response.url.endswith("/ticket/"):
            assert "no-store" in response.headers["cache-control"]
            told = response.json()
            self.tickets += [told] if "url" in told else []

    def _opened(self, socket: WebSocket) -> None:
        self.sockets.append(socket)
        socket.on("framesent", lambda frame: self.keep("frame sent", frame))
        socket.on("framereceived", lambda frame: self.keep("frame received", frame))


def test_they_are_nowhere_else(
    fleet: Fleet, new_context: Callable[..., BrowserContext], complaints: Complaints
) -> None:
    fleet.add("web")
    fleet.save_token()
    page = fleet.enter(new_context(), console_path(fleet, "web"))
    heard = Overheard(page)
    connect(page)
    page.keyboard.type("root")
    until(lambda: lines(fleet, "web")[-1] == "web login: root_")
    heard.look()
    fleet.provider.fault("status", code=500, kind="console", product=fleet.machines["web"], times=2)
    drop_connections(fleet.provider)
    expect(page.get_by_role("heading", name="The connection to the console is lost")).to_be_visible()
    heard.look()
    expect_connected(page)
    heard.look()
    assert len(heard.tickets) == 2
    assert all(len(secret) > 12 for secret in heard.secrets)
    origin = fleet.provider.console.split("{")[0]
    assert [socket.url.startswith(origin) for socket in heard.sockets] == [True, True]
    page.get_by_role("link", name="Leave").click()
    expect(page.get_by_role("heading", name="web")).to_be_visible()
    heard.look()
    logs = {name: fleet.panel.log(name) for name in ("web", "collector")}
    assert find_secrets(heard.secrets, heard.said | logs) == []
    assert {"frame sent", "frame received", "page", "request"} <= {
        place.partition(" (")[0] for place in heard.said
    }
    assert "console/ticket/" in logs["web"]


def test_the_search_would_find_them(fleet: Fleet, new_context: Callable[..., BrowserContext]) -> None:
    """The proof of the proof."""
    fleet.add("web")
    fleet.save_token()
    page = fleet.enter(new_context(), console_path(fleet, "web"))
    heard = Overheard(page)
    connect(page)
    page.evaluate("secret => { sessionStorage.leak = secret; document.title = secret }", heard.secrets[1])
    heard.look()
    found = " ".join(find_secrets(heard.secrets, heard.said))
    assert "raw in page" in found
    assert "raw in kept" in found
