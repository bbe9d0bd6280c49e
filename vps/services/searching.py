"""What a search finds among a person's machines."""

from collections.abc import Iterable

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from vps.models import Machine, Tag

# What cards.described hides: told by another person's listing after the refusal.
HIDDEN = Q(granted=False, described_at__gt=F("refused_at"))
TAG, KEEPER = "tag:", "keeper:"


def matching(machines: QuerySet[Machine], q: str) -> QuerySet[Machine]:
    """Every word of the search must be in the name, an address or an id, as far as this person may know them; but
    `tag:web` is a tag, and `keeper:anna` somebody whose name begins so."""
    for word in q.split()[:10]:
        machines = machines.filter(_condition(word))
    return machines


def _condition(word: str) -> Q:
    lower = word.lower()
    if lower.startswith(TAG):
        return Q(Exists(Tag.objects.filter(machine=OuterRef("pk"), name=lower.removeprefix(TAG))))
    if lower.startswith(KEEPER):
        return Q(keeper__username__istartswith=word[len(KEEPER) :], keeper__isnull=False)
    ids = _any(Q(**{f"{field}__icontains": word}) for field in ("project", "product"))
    rest = _any(Q(**{f"{field}__icontains": word}) for field in ("name", "ipv4", "ipv6"))
    return ids | rest & ~HIDDEN


def _any(conditions: Iterable[Q]) -> Q:
    together = Q()
    for condition in conditions:
        together |= condition
    return together
