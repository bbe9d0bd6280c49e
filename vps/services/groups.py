"""The board's groups: by project, by the token that shows the machine, by tag, or none."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import CharField, Count, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from vps.access import visible_machines
from vps.models import Machine, Tag, Token
from vps.services.actions import UNDER_WAY
from vps.services.address import View
from vps.services.fragments import Face
from vps.services.prepared import Prepared
from vps.services.searching import matching
from vps.services.tallies import in_trouble, shown_by

SHARED = "shared"  # the key of what no own token shows


@dataclass(frozen=True)
class Group:
    """One group and its cards. `key` is fit for an element's id; `title` is "" for the only group of a flat board."""

    key: str
    title: str
    machines: int
    problems: int
    changing: int = 0
    cards: tuple[Face, ...] = ()


def group_heads(user: AbstractBaseUser, view: View, now: datetime, late: bool) -> tuple[Group, ...]:
    """The groups of a view's machines with their numbers and without their cards; those with problems come first."""
    variant = (view.q, view.show, view.group, late)
    rows = _HEADS.rows(*variant, keep=not view.q, person=user.pk, now=now)
    if view.group == "none":
        [(machines, problems, changing)] = rows
        return (Group("all", "", machines, problems, changing),)
    titles = (
        _token_names(user) | {SHARED: _("Shared with you")} if view.group == "token" else {"": _("No tag")}
    )
    keyed = [(home_of(view, key), *numbers) for key, *numbers in rows]
    heads = [Group(key, titles.get(key, key), *numbers) for key, *numbers in keyed]
    return tuple(
        sorted(heads, key=lambda head: (not head.problems, not head.key, head.title.casefold(), head.key))
    )


def with_home(machines: QuerySet[Machine], by: str) -> QuerySet[Any]:
    """With `home`, what `home_of` makes a key of. A card is on a page once: a machine of several tags is in the group
    of the first."""
    if by != "tag":
        return machines.annotate(home=F("shown_through" if by == "token" else "project"))
    tags = Tag.objects.filter(machine=OuterRef("pk")).order_by("name").values("name")
    return machines.annotate(home=Coalesce(Subquery(tags[:1]), Value(""), output_field=CharField()))


def home_of(view: View, key: object) -> str:
    """The key of a group: a project, a tag, or an own token's id, which databases tell in several ways."""
    if view.group == "token":
        return str(UUID(str(key))) if key else SHARED
    return str(key)


def group_faces(heads: tuple[Group, ...], faces: Iterable[Face], by: str) -> tuple[Group, ...]:
    """The heads with their cards, in the order of the cards."""
    if by == "none":
        return tuple(replace(head, cards=tuple(faces)) for head in heads)
    filled: dict[str, list[Face]] = {head.key: [] for head in heads}
    for face in faces:
        filled.get(face.home, []).append(face)
    return tuple(replace(head, cards=tuple(filled[head.key])) for head in heads)


def _ask_heads(q: str, show: str, by: str, late: bool, person: int, now: datetime) -> None:
    machines = matching(visible_machines(person), q).filter(shown_by(show, now, late))
    trouble = in_trouble(now, late)
    bad, busy = Count("pk", filter=trouble), Count("pk", filter=UNDER_WAY & ~trouble)
    if by == "none":
        machines.aggregate(n=Count("pk"), bad=bad, busy=busy)
        return
    rows = with_home(machines.order_by(), by).values_list("home")
    list(rows.annotate(n=Count("pk"), bad=bad, busy=busy))


_HEADS = Prepared(_ask_heads)


def _token_names(user: AbstractBaseUser) -> dict[str, str]:
    return {str(pk): name for pk, name in Token.objects.filter(owner_id=user.pk).values_list("pk", "name")}
