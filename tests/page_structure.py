"""A page as a browser would take it apart: its elements and attributes, and its text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
ADDRESSES = {"href", "src", "action", "formaction", "hx-get", "hx-post"}


@dataclass
class Structure(HTMLParser):
    """`elements`: each start with the names of its attributes, each end; `values`: of attributes; `text`: what is
    read. `odd`: comments and declarations."""

    page: str
    elements: list[tuple[str, ...]] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *sorted(name for name, _value in attrs)))
        self.values += [value or "" for _name, value in attrs]
        self.links += [value or "" for name, value in attrs if name in ADDRESSES]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.elements.append((f"/{tag}",))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.odd.append(data)

    def handle_decl(self, decl: str) -> None:
        self.odd.append(decl)

    def unknown_decl(self, data: str) -> None:
        self.odd.append(data)

    def handle_pi(self, data: str) -> None:
        self.odd.append(data)
