"""What a board's address asks for: every view is a link."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

SHOWS = ("", "problems", "drift", "changing", "running", "stopped", "unseen", "login")
GROUPS = ("project", "token", "tag", "none")
VIEWS = ("cards", "table")
PAGE = 500
MOST = 20_000
LONGEST_SEARCH = 200


@dataclass(frozen=True)
class View:
    """Search, filter, grouping, form, how many machines are shown (500 and then in steps of 500), and whether they can
    be selected."""

    q: str = ""
    show: str = ""
    group: str = "project"
    view: str = "cards"
    more: int = PAGE
    select: bool = False

    def address(self, **changes: str | int) -> str:
        """The query of this view, with some of it changed; defaults are left out."""
        wanted, default = replace(self, **changes), View()  # type: ignore[arg-type]
        told = {
            name: int(value) if value is True else value
            for name, value in vars(wanted).items()
            if value != getattr(default, name)
        }
        return f"?{urlencode(told)}"


def read_view(query: Mapping[str, str]) -> View:
    """The view that a query asks for; what makes no sense in it is as if it were not there."""
    show, group, view = query.get("show", ""), query.get("group", ""), query.get("view", "")
    more = query.get("more", "")
    return View(
        q=query.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH],
        show=show if show in SHOWS else "",
        group=group if group in GROUPS else GROUPS[0],
        view=view if view in VIEWS else VIEWS[0],
        more=min(int(more), MOST)
        if more.isascii() and more.isdecimal() and len(more) < 7 and int(more) > PAGE
        else PAGE,
        select=query.get("select") == "1",
    )
