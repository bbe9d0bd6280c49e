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
  const ENDS = '.side, .fig > b, .figs b'
  let turned = -1e9
  // The notice of a late board pushes the cards down: it may, and on a busy machine it comes within two seconds.
  new MutationObserver(() => { turned = performance.now() })
    .observe(document.getElementById('heard'), { attributeFilter: ['data-late'] })
  new PerformanceObserver(list => {
    const entries = list.getEntries().filter(entry => Math.abs(entry.startTime - turned) > 500)
    const moved = entries.flatMap(entry => entry.sources.map(source => source.node))
    // What stands at the end of its line begins further right when it grows shorter: “59 min”, “1 h”.
    const odd = moved.filter(node => !(node instanceof Element ? node : node?.parentElement)?.closest(ENDS))
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
    """Counts the polls that a page begins from now on, and how many of them were ever under way at once."""

    page: Page
    asked: int = 0
    most: int = 0
    under_way: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._begin)
        self.page.on("requestfailed", self._end)
        self.page.on("requestfinished", self._end)

    def _begin(self, request: Request) -> None:
        if is_poll(request):
            self.asked += 1
            self.under_way.append(request)
            self.most = max(self.most, len(self.under_way))

    def _end(self, request: Request) -> None:
        if request in self.under_way:
            self.under_way.remove(request)
