"""Cards as they stand in the page: drawn once per revision, rights and language, and shared between persons."""

import hashlib
import logging
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import astuple, dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.template import Context
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from vps.access import right_over
from vps.models import Machine
from vps.services.address import View
from vps.services.cards import Card, show_card
from vps.services.times import next_day, said_until

logger = logging.getLogger(__name__)

KEPT_SECONDS = 300
TEMPLATES = {"cards": "vps/_card.html", "table": "vps/_row.html"}

Load = Callable[[list[int]], Iterable[Machine]]


@dataclass(frozen=True)
class Shared:
    """What two persons must have in common to be shown the same card of a machine, beside the page's own look.

    Only a machine that a token of theirs reads now, of which something was heard, and of which no power action is told
    has a card to be shared; in all others there is something of the person or of the moment. `told`: the provider's
    words were said to a token of theirs. `aged_at`: when it was heard, where the card tells it. `right`: what they may
    do to it."""

    revision: int
    right: int
    told: bool
    problem: str
    word: str
    aged_at: Hashable


@dataclass(frozen=True)
class Face:
    """A machine's place on a board. `home` is the key of its group. Asked for its `card` or `html`, it has all of its
    page drawn."""

    id: int
    home: str
    _deck: "Deck" = field(repr=False, compare=False)

    @property
    def card(self) -> Card:
        return self._deck.card(self.id)

    @property
    def html(self) -> SafeString:
        return self._deck.html(self.id)


class Deck:
    """The machines of one page. `load` gets machines as `access.visible_machines` has them, with their statuses."""

    def __init__(self, view: View, late: bool, now: datetime, load: Load) -> None:
        self._view, self._late, self._now, self._load = view, late, now, load
        self._shared: dict[int, Shared | None] = {}
        self._cards: dict[int, Card] = {}
        self._html: dict[int, SafeString] | None = None

    def face(self, machine_id: int, home: str, shared: Shared | None) -> Face:
        self._shared[machine_id] = shared
        return Face(machine_id, home, self)

    def card(self, machine_id: int) -> Card:
        if machine_id not in self._cards:
            self._cards.update({card.id: card for _row, card in self._show(list(self._shared))})
        return self._cards[machine_id]

    def html(self, machine_id: int) -> SafeString:
        """Empty where the machine went since the page was asked for: its next poll tells."""
        if self._html is None:
            self._html = self._draw()
        return self._html.get(machine_id, SafeString(""))

    def _show(self, ids: list[int]) -> Iterator[tuple[Machine, Card]]:
        for row in self._load(ids):
            yield row, show_card(row, self._late, self._now)

    def _draw(self) -> dict[int, SafeString]:
        keys = {pk: self._key(pk, shared) for pk, shared in self._shared.items() if shared}
        drawn = _kept(keys, self._now)
        fresh: dict[str, tuple[float, str]] = {}
        for row, card in self._show([pk for pk in self._shared if pk not in drawn]):
            drawn[card.id] = html = draw(card, self._view)
            if card.id in keys and self._is_as_asked(row):
                fresh[keys[card.id]] = (_right_until(card, self._now).timestamp(), str(html))
        _keep(fresh)
        return drawn

    def _is_as_asked(self, row: Machine) -> bool:
        """It may have changed between the two queries: then the key is another one's."""
        shared = self._shared[row.pk]
        told = (row.status.revision, getattr(row, "granted"), right_over(row), bool(getattr(row, "told")))  # noqa: B009
        return shared is not None and told == (shared.revision, True, shared.right, shared.told)

    def _key(self, machine_id: int, shared: Shared) -> str:
        look = (self._view.view, self._view.select, self._late, get_language())
        told = (machine_id, *astuple(shared))
        return hashlib.blake2b(repr((look, told)).encode(), digest_size=16, key=_build()).hexdigest()


def draw(card: Card, view: View) -> SafeString:
    """A card or a row of the table, as the view has it. Nothing in it is personal but what is in the card."""
    template: Any = get_template(TEMPLATES[view.view])
    drawn: SafeString = template.template.render(Context({"card": card, "select": view.select}))
    return drawn


def _right_until(card: Card, now: datetime) -> datetime:
    """How long what it tells of moments stays true where no script tells them anew."""
    ends = [said_until(card.side.at, card.side.kind, now)] if card.side else []
    return min([*ends, next_day(now)])


def _kept(keys: dict[int, str], now: datetime) -> dict[int, SafeString]:
    if not keys:
        return {}
    try:
        found = caches["fragments"].get_many(keys.values())
    except Exception:  # without it a page takes longer, that is all
        logger.warning("the cache of cards cannot be read", exc_info=True)
        return {}
    at = now.timestamp()
    kept = {pk: found[key] for pk, key in keys.items() if key in found}
    # It was safe when it was kept, and nobody else knows the key.
    return {pk: SafeString(html) for pk, (until, html) in kept.items() if until > at}


def _keep(fresh: dict[str, tuple[float, str]]) -> None:
    if not fresh:
        return
    try:
        caches["fragments"].set_many(fresh, KEPT_SECONDS)
    except Exception:
        logger.warning("the cache of cards cannot be written", exc_info=True)


def build_mark() -> str:
    """The same for others to compare: nothing of the secret key can be told from it."""
    return hashlib.sha256(_build()).hexdigest()


@cache
def _build() -> bytes:
    """A mark of this installation and of what draws its cards: no other's and no older version's are taken for ours."""
    templates = Path(str(get_template(TEMPLATES["cards"]).origin.name)).parent  # type: ignore[attr-defined]
    drawing = [*sorted(Path(__file__).parent.glob("*.py")), *sorted(templates.glob("_*.html"))]
    told = b"".join(path.read_bytes() for path in drawing)
    return hashlib.blake2b(told, digest_size=32, key=settings.SECRET_KEY.encode()[:64]).digest()
