"""The board's groups: by project, by the token that shows the machine, or none."""

from dataclasses import dataclass, replace

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, Q, QuerySet

from vps.models import Access, Machine, Token
from vps.services.cards import Card


@dataclass(frozen=True)
class Group:
    """One group and its cards. `key` is fit for an element's id; `title` is "" for the only group of a flat board."""

    key: str
    title: str
    machines: int
    problems: int
    cards: tuple[Card, ...] = ()


def group_heads(
    user: AbstractBaseUser, machines: QuerySet[Machine], by: str, trouble: Q
) -> tuple[Group, ...]:
    """The groups of these machines with their numbers and without their cards; those with problems come first."""
    if by == "none":
        numbers = machines.aggregate(n=Count("pk"), bad=Count("pk", filter=trouble))
        return (Group("all", "", numbers["n"], numbers["bad"]),)
    field = "shown_through" if by == "token" else "project"
    titles = _token_names(user) if by == "token" else {}
    rows = machines.order_by().values_list(field).annotate(n=Count("pk"), bad=Count("pk", filter=trouble))
    heads = [Group(str(key), titles.get(str(key), str(key)), n, bad) for key, n, bad in rows]
    return tuple(sorted(heads, key=lambda head: (not head.problems, head.title.casefold(), head.key)))


def group_cards(
    user: AbstractBaseUser, heads: tuple[Group, ...], cards: tuple[Card, ...], by: str
) -> tuple[Group, ...]:
    """The heads with their cards, in the order of the cards."""
    if by == "none":
        return tuple(replace(head, cards=cards) for head in heads)
    keys = _shown_through(user, cards) if by == "token" else {card.id: card.project for card in cards}
    filled: dict[str, list[Card]] = {head.key: [] for head in heads}
    for card in cards:
        filled.get(keys.get(card.id, ""), []).append(card)
    return tuple(replace(head, cards=tuple(filled[head.key])) for head in heads)


def _token_names(user: AbstractBaseUser) -> dict[str, str]:
    return {str(pk): name for pk, name in Token.objects.filter(owner_id=user.pk).values_list("pk", "name")}


def _shown_through(user: AbstractBaseUser, cards: tuple[Card, ...]) -> dict[int, str]:
    rows = Access.objects.filter(token__owner_id=user.pk, machine__in=[card.id for card in cards]).order_by(
        "-pk"
    )
    return {machine_id: str(token_id) for machine_id, token_id in rows.values_list("machine_id", "token_id")}
