"""The tags of a person's machines, as links that narrow the board down to them."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count

from vps.access import visible_machines
from vps.models import Tag
from vps.services.address import PAGE, View
from vps.services.prepared import Prepared
from vps.services.searching import TAG

MOST_SHOWN = 20


@dataclass(frozen=True)
class Chip:
    """`n`: how many machines have it; `href`: the board with it, or without it where it is `current`."""

    name: str
    n: int
    current: bool
    href: str


def tag_chips(user: AbstractBaseUser, view: View) -> tuple[Chip, ...]:
    """Those that are searched for, and of the others the most used; in order of their names. One query."""
    words = view.q.split()
    asked = {word[len(TAG) :].lower() for word in words if word.lower().startswith(TAG)}
    rows: list[tuple[str, int]] = _TAGS.rows(person=user.pk)
    rows.sort(key=lambda row: (row[0] not in asked, -row[1], row[0]))
    return tuple(_chip(view, words, name, n, name in asked) for name, n in sorted(rows[:MOST_SHOWN]))


def _chip(view: View, words: list[str], name: str, n: int, current: bool) -> Chip:
    tag = f"{TAG}{name}"
    left = [word for word in words if word.lower() != tag]
    q = " ".join(left if current else [*words, tag])
    return Chip(name, n, current, view.address(q=q, more=PAGE))


def _ask_tags(person: int) -> None:
    tags = Tag.objects.filter(machine__in=visible_machines(person).values("pk"))
    list(tags.order_by().values_list("name").annotate(n=Count("pk")))


_TAGS = Prepared(_ask_tags)
