"""What a page does while nobody, or somebody, looks at it."""

from dataclasses import dataclass, field

from playwright.sync_api import Page, Request, Response

HIDE = """hidden => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden })
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => hidden ? 'hidden' : 'visible' })
  document.dispatchEvent(new Event('visibilitychange'))
}"""
WATCH_SHIFTS = """() => {
  window.shifts = []
  new PerformanceObserver(list => {
    const moved = list.getEntries().flatMap(entry => entry.sources.map(source => source.node))
    // A time at the end of its line grows shorter from “59 min” to “1 h”, and begins further right.
    const odd = moved.filter(node => !(node instanceof Element ? node : node?.parentElement)?.closest('.side'))
    window.shifts.push(...odd.map(node => node?.outerHTML?.slice(0, 120) ?? String(node?.nodeValue)))
  }).observe({ type: 'layout-shift' })
}"""


def hide(page: Page, hidden: bool = True) -> None:
    """As when another tab comes to the front. A Chromium without a window calls each of its tabs visible for ever,
    so this says it to the page in the browser's place."""
    page.evaluate(HIDE, hidden)


def refresh(page: Page) -> None:
    """Lets the page ask now instead of in two seconds: as if one came back to the tab."""
    with page.expect_response(is_poll):
        page.evaluate(HIDE, False)


def is_poll(about: Request | Response) -> bool:
    return "/cards/" in about.url or "/live/" in about.url


@dataclass
class Polls:
    """Counts a page's polls, and how many of them were ever under way at once."""

    page: Page
    asked: int = 0
    ended: int = 0
    most: int = 0
    answers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._begin)
        self.page.on("requestfailed", self._end)
        self.page.on("requestfinished", self._end)
        self.page.on("response", self._answer)

    def _begin(self, request: Request) -> None:
        if is_poll(request):
            self.asked += 1
            self.most = max(self.most, self.asked - self.ended)

    def _answer(self, answer: Response) -> None:
        if is_poll(answer):
            self.answers.append(answer.status)

    def _end(self, request: Request) -> None:
        self.ended += is_poll(request)
