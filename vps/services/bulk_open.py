"""Bulks that were confirmed and have not asked all of their machines, so that one finds them again."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, Q

from vps.models import Bulk, BulkItem
from vps.services import bulk_words as words

MOST_SHOWN = 3

Item = BulkItem.State


@dataclass(frozen=True)
class OpenBulk:
    """`left`: how many machines were not asked yet."""

    id: UUID
    deed: str
    left: int


def open_bulks(user: AbstractBaseUser) -> list[OpenBulk]:
    """The latest of one's own that were neither finished nor stopped. One query."""
    left = Count("items", filter=Q(items__state__in=(Item.WAITING, Item.TAKEN)))
    wanted = Count("items", filter=~Q(items__state=Item.LEFT_OUT) | Q(items__taken_at__isnull=False))
    mine = Bulk.objects.filter(person_id=user.pk, confirmed_at__isnull=False, stopped_at=None)
    counted = mine.annotate(left=left, wanted=wanted).filter(left__gt=0).order_by("-confirmed_at", "pk")
    rows = counted.values_list("pk", "command", "wanted", "left")[:MOST_SHOWN]
    return [OpenBulk(pk, words.deed(command, wanted), left) for pk, command, wanted, left in rows]
