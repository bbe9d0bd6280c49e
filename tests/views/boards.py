"""Boards made by hand, with values that differ as much as real ones do; and what the collector would write."""

import random
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from vps.models import Machine, Revision, Status
from vps.services.address import View
from vps.services.board import Board, Heard
from vps.services.cards import Card, Moment, spark_path
from vps.services.groups import Group
from vps.services.tallies import LOOKS, Tally
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
        spark="" if troubled else spark_path(cpu(rnd)),
        spark_label=""
        if troubled
        else f"CPU in the last hour: {rnd.randrange(30)} to {rnd.randrange(30, 101)} %",
        revision=number,
    )


def a_board(machines: int, view: View, troubled: float = 0.0, cpu: Curve = walk) -> Board:
    rnd = random.Random(7)
    cards = [a_card(number, rnd, rnd.random() < troubled, cpu) for number in range(machines)]
    groups = [tuple(card for card in cards if card.project == project) for project in PROJECTS]
    return Board(
        view=view,
        version="7-3-2",
        counts=tuple(
            Tally(key, 7, *LOOKS[key][:2], str(LOOKS[key][2]), not key, f"?show={key}") for key in LOOKS
        ),
        groups=tuple(Group(p, p, len(c), 1, c) for p, c in zip(PROJECTS, groups, strict=True)),
        cards=(),
        whole=True,
        shown=machines,
        total=machines,
        more_href="",
        empty="",
        late=False,
        problems=7,
        heard=Heard(timezone.now(), 10, 10, machines, machines, 0, None),
    )


def a_page(request: HttpRequest, board: Board) -> str:
    links = {"cards_href": "?", "table_href": "?view=table", "all_href": "?"}
    return render_to_string(
        "vps/board.html", {"board": board, "user": request.user, **links}, request=request
    )
