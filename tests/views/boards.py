"""Boards made by hand, with values that differ as much as real ones do; and what the collector would write."""

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from vps.models import Machine, Revision, Role, Status
from vps.services.address import View
from vps.services.board import Board, Heard
from vps.services.cards import Card, Moment, spark_label, spark_path
from vps.services.fragments import Deck, Face, draw
from vps.services.groups import Group
from vps.services.keys import Keys
from vps.services.tallies import LOOKS, Tally
from vps.services.times import time_element
from vps.services.words import clock

Curve = Callable[[random.Random], list[int | None]]
NAMES = ("web", "db", "cache", "queue", "etl", "ci-runner", "mail", "report", "edge", "kunden-portal")
PROJECTS = ("shop-prod", "warehouse", "lab")
TROUBLE = (
    (
        "unreachable",
        "bad",
        "API unreachable",
        "The provider has told nothing since {}: it did not answer in time.",
    ),
    (
        "limited",
        "late",
        "Rate limited",
        "The provider wants fewer calls since {}. It is asked again when it allows.",
    ),
)


MOVES = (("Rebooting", "Reboot"), ("Shutting down", "Shut down"), ("Force stopping", "Force stop"))


def change(machine: Machine, **fields: object) -> None:
    """What the collector does when a card shows something else."""
    with transaction.atomic():
        Status.objects.filter(machine=machine).update(revision=Revision.take(), **fields)


def noise(rnd: random.Random) -> list[int | None]:
    """An hour of CPU that nothing can shorten: 20 points of which none has to do with another."""
    return [rnd.randrange(101) for _point in range(20)]


def walk(rnd: random.Random) -> list[int | None]:
    """An hour of CPU: 20 points, each some points away from the one before."""
    points = [rnd.randrange(101)]
    while len(points) < 20:
        points.append(min(100, max(0, points[-1] + rnd.randint(-8, 8))))
    return [*points]


def a_card(number: int, rnd: random.Random, troubled: bool = False, cpu: Curve = walk) -> Card:
    """A running card, or one in trouble; its name, addresses, ages, figures and sparkline are its own."""
    at = timezone.now() - timedelta(seconds=rnd.randrange(60, 5_000_000))
    points = cpu(rnd)
    state, tone, word, sentence = rnd.choice(TROUBLE) if troubled else ("running", "ok", "Running", "")
    return Card(
        id=1000 + number,
        project=PROJECTS[number % 3],
        product=f"vps-{rnd.randrange(16**8):08x}",
        name=f"{rnd.choice(NAMES)}-{rnd.randrange(100):02d}",
        ipv4=f"203.0.{rnd.randrange(256)}.{rnd.randrange(256)}",
        ipv6=f"2001:db8:{rnd.randrange(16**4):x}:{rnd.randrange(16**4):x}::{rnd.randrange(256):x}/64",
        tone=tone,
        state=state,
        word=word,
        stale=troubled,
        side=Moment("old" if troubled else "up", at),
        sentence=format_html(sentence, clock(at)) if sentence else SafeString(""),
        cpu=rnd.randrange(21) * 5,
        memory=rnd.randrange(21) * 5,
        disk=rnd.randrange(21) * 5,
        spark="" if troubled else spark_path(points),
        spark_label="" if troubled else spark_label(points),
        revision=number,
        right=Role.OPERATOR,
    )


def stopped(card: Card) -> Card:
    """The same one, shut down: two of its keys say why they make no sense."""
    why = "Already stopped"
    keys = Keys(off=True, reboot=why, stop=why, kill=why)
    return replace(card, state="stopped", tone="off", word="Stopped", cpu=None, memory=None, keys=keys)


def moving(card: Card, rnd: random.Random) -> Card:
    """The same one, while an action of somebody's is under way."""
    seconds = rnd.randrange(90)
    at = timezone.now() - timedelta(seconds=seconds)
    doing, button = rnd.choice(MOVES)
    why = f"{doing}: one power action at a time"
    who = rnd.choice(("anna.berg", "jonas.lind", "maria.sand@example.org"))
    sentence = format_html("{} pressed {} {}. Reported running.", who, button, time_element(at, "ago"))
    return replace(
        card,
        word=doing,
        tone="busy",
        state=doing.lower(),
        sentence=sentence,
        side=Moment("for", at),
        watched=seconds,
        keys=Keys(start=why, reboot=why, stop=why),
    )


class Laid(Deck):
    """Cards that no database holds."""

    def __init__(self, view: View, cards: Iterable[Card]) -> None:
        super().__init__(view, False, timezone.now(), lambda _ids: ())
        self._cards = {card.id: card for card in cards}
        self._html = {card.id: draw(card, view) for card in self._cards.values()}


def laid(view: View, cards: Iterable[Card]) -> tuple[Face, ...]:
    deck = Laid(view, cards)
    return tuple(deck.face(card.id, card.project, None) for card in cards)


def adrift(card: Card) -> Card:
    """The same one, protected, and not as it should be."""
    return replace(stopped(card), tone="bad", word="Stopped · should be on", protected=True)


def a_board(
    machines: int,
    view: View,
    troubled: float = 0.0,
    cpu: Curve = walk,
    off: float = 0.0,
    busy: float = 0.0,
    drift: float = 0.0,
) -> Board:
    rnd = random.Random(7)
    cards = [a_card(number, rnd, rnd.random() < troubled, cpu) for number in range(machines)]
    if off:
        cards = [stopped(card) if rnd.random() < off else card for card in cards]
    if busy:
        cards = [moving(card, rnd) if rnd.random() < busy else card for card in cards]
    if drift:
        cards = [adrift(card) if rnd.random() < drift else card for card in cards]
    groups = [tuple(card for card in cards if card.project == project) for project in PROJECTS]
    return Board(
        view=view,
        version="7-3-2",
        counts=tuple(
            Tally(key, 7, *LOOKS[key][:2], str(LOOKS[key][2]), not key, f"?show={key}") for key in LOOKS
        ),
        groups=tuple(Group(p, p, len(c), 1, 1, laid(view, c)) for p, c in zip(PROJECTS, groups, strict=True)),
        cards=(),
        whole=True,
        shown=machines,
        total=machines,
        more_href="",
        empty="",
        late=False,
        own_moving=False,
        may_act=True,
        problems=7,
        heard=Heard(timezone.now(), 10, 10, machines, machines, 0, None),
    )


def a_page(request: HttpRequest, board: Board) -> str:
    links = {"cards_href": "?", "table_href": "?view=table", "all_href": "?", "select_href": "?select=1"}
    return render_to_string(
        "vps/board.html", {"board": board, "user": request.user, **links}, request=request
    )
