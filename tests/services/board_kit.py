"""What the tests of the board share."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from tests.rows import give_access, give_machine, heard
from vps.models import Machine, Status, Token
from vps.services import refusals
from vps.services.board import Board, Poll, View, poll_board, show_board
from vps.services.cards import Card

NOW = timezone.now()


def board(user: User, query: str = "", **view: str | int) -> Board:
    return show_board(user, View(q=query, **view))  # type: ignore[arg-type]


def cards(shown: Board) -> list[Card]:
    faces = [face for group in shown.groups for face in group.cards] or list(shown.cards)
    return [face.card for face in faces]


def everything_on(shown: Board) -> str:
    """All that a page made of it could show: its counts and groups, its cards, and how they are drawn."""
    faces = [face for group in shown.groups for face in group.cards] or list(shown.cards)
    return repr(shown) + repr([(face.card, face.html) for face in faces])


def names(shown: Board) -> list[str]:
    return [card.name for card in cards(shown)]


def counts(shown: Board) -> dict[str, int]:
    return {tally.key: tally.n for tally in shown.counts}


def named(token: Token, *given: str, **fields: str) -> None:
    for name in given:
        give_machine(token, machine={"name": name, **fields})


def change(machine: Machine, **fields: object) -> None:
    """As a collector writes it: with the next revision."""
    Status.objects.filter(machine=machine).update(**fields)
    with transaction.atomic():
        refusals.touch_cards(machine.accesses.all())


def poll(user: User, shown: Board, **view: str | int) -> Poll:
    return poll_board(user, View(**view), shown.version, shown.late)  # type: ignore[arg-type]


def changed(answer: Poll) -> Board:
    assert answer.board is not None
    return answer.board


def many_machines(token: Token) -> None:
    """520 machines of one name: the order must be stable all the same."""
    machines = Machine.objects.bulk_create(
        [Machine(project="prj-1", product=f"m{n}", name="same") for n in range(520)]
    )
    Status.objects.bulk_create([Status(machine=machine, **heard(timezone.now())) for machine in machines])
    for machine in machines:
        give_access(token, machine)
