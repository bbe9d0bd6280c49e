"""What a search finds among a person's machines."""

from collections.abc import Iterable

from django.db.models import F, Q, QuerySet

from vps.models import Machine

# What cards.described hides: told by another person's listing after the refusal.
HIDDEN = Q(granted=False, described_at__gt=F("refused_at"))


def matching(machines: QuerySet[Machine], q: str) -> QuerySet[Machine]:
    """Every word of the search must be in the name, an address or an id, as far as this person may know them."""
    for word in q.split()[:10]:
        ids = _any(Q(**{f"{field}__icontains": word}) for field in ("project", "product"))
        rest = _any(Q(**{f"{field}__icontains": word}) for field in ("name", "ipv4", "ipv6"))
        machines = machines.filter(ids | rest & ~HIDDEN)
    return machines


def _any(conditions: Iterable[Q]) -> Q:
    together = Q()
    for condition in conditions:
        together |= condition
    return together
