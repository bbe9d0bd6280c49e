"""What a wall link shows: a team's machines, to nobody in particular. It gives no right, and no grant of any kind."""

from django.db.models import (
    BooleanField,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
)
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils.translation import gettext as _

from vps.models import Access, Machine, WallLink


def get_wall(key_hash: str) -> WallLink:
    """The link with that key, revoked or not. Raises Http404 where there is none."""
    wall = WallLink.objects.filter(key_hash=key_hash).select_related("team").first()
    if wall is None:
        raise Http404(_("There is no such wall link."))
    return wall


def wall_accesses(wall: WallLink) -> QuerySet[Access]:
    """By which a link that is not revoked shows its machines: those of its team's shares."""
    return Access.objects.filter(
        Q(token__shares__team__walls__pk=wall.pk, token__shares__team__walls__revoked_at=None),
        token__shares__project=F("machine__project"),
        token__owner__is_active=True,
    ).order_by()


def wall_machines(wall: WallLink) -> QuerySet[Machine]:
    """Annotated as `visible_machines`, for who may do nothing and is told nothing that was said to a token."""
    ways = wall_accesses(wall)
    here = ways.filter(machine=OuterRef("pk"))
    last = here.values("machine").annotate(last=Max(Coalesce("refused_at", "token__refused_at")))
    return Machine.objects.filter(pk__in=ways.values("machine")).annotate(
        granted=Exists(here.filter(refused_at=None, token__refused_at=None)),
        right=Value(0, output_field=IntegerField()),
        listable=Exists(here.filter(token__refused_at=None)),
        refused_at=Subquery(last.values("last")),
        shown_through=Value(None, output_field=UUIDField()),
        told=Value(False, output_field=BooleanField()),
    )
