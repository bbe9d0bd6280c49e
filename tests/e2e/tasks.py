"""How long a page holds up whoever types or scrolls: the CPU time of its longest task, which other work on this machine
does not lengthen as it does the wall's."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

MARK = "here is the page"
CATEGORIES = ["toplevel", "blink.user_timing"]


def longest_task(page: Page, deed: Callable[[], object]) -> float:
    """Milliseconds of CPU that the longest task of the page's own thread took while the deed was done."""
    events: list[dict[str, Any]] = []
    ended: list[object] = []
    session = page.context.new_cdp_session(page)
    session.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    session.on("Tracing.tracingComplete", lambda told: ended.append(told))
    session.send("Tracing.start", {"traceConfig": {"includedCategories": CATEGORIES}})
    page.evaluate("mark => performance.mark(mark)", MARK)
    deed()
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(20)
    session.detach()
    here = next((event["pid"], event["tid"]) for event in events if event["name"] == MARK)
    tasks = [event for event in events if event["name"].endswith("RunTask") and event["ph"] == "X"]
    # a task whose CPU time the browser did not note took at most what it took by the wall
    took = [task.get("tdur", task["dur"]) for task in tasks if (task["pid"], task["tid"]) == here]
    return float(max(took)) / 1000
