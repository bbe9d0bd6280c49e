"""People as the installation's admin sees them."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from vps import access
from vps.access import Keeper
from vps.models import Member, Share, SigninLink, Token
from vps.services.factors import held_factors


@dataclass(frozen=True)
class PersonRow:
    """`link_until`: a sign-in link is out, good until then. `me`: it is who looks."""

    id: int
    name: str
    email: str
    since: datetime
    last_sign_in: datetime | None
    active: bool
    admin: bool
    second_factor: bool
    link_until: datetime | None
    tokens: int
    shares: int
    teams: int
    me: bool

    @property
    def word(self) -> str:
        return _("Active") if self.active else _("Disabled")

    @property
    def tone(self) -> str:
        return "ok" if self.active else "off"


def list_people(by: Keeper) -> tuple[PersonRow, ...]:
    """Everybody, by name. Raises Http404 for who is no admin of the installation."""
    return tuple(_row(by, person) for person in _told(access.visible_people(by)))


def get_person(by: Keeper, person_id: int) -> PersonRow:
    """Raises Http404."""
    return _row(by, _told(access.visible_people(by)).get(pk=access.get_person(by, person_id).pk))


def _told(people: QuerySet[User]) -> QuerySet[User]:
    links = SigninLink.objects.filter(person=OuterRef("pk"), used_at=None, expires_at__gt=timezone.now())
    return people.annotate(
        n_tokens=_number(Token.objects.filter(owner=OuterRef("pk")), "owner"),
        n_shares=_number(Share.objects.filter(token__owner=OuterRef("pk")), "token__owner"),
        n_teams=_number(Member.objects.filter(person=OuterRef("pk")), "person"),
        link_until=Subquery(links.values("expires_at")[:1]),
        guarded=Exists(held_factors().filter(user=OuterRef("pk"))),
    )


def _number(rows: QuerySet[Token] | QuerySet[Share] | QuerySet[Member], whose: str) -> Coalesce:
    counted = rows.order_by().values(whose).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), Value(0))


def _row(by: Keeper, person: User) -> PersonRow:
    told = vars(person)
    return PersonRow(
        id=person.pk,
        name=person.username,
        email=person.email,
        since=person.date_joined,
        last_sign_in=person.last_login,
        active=person.is_active,
        admin=person.is_superuser,
        second_factor=told["guarded"],
        link_until=told["link_until"],
        tokens=told["n_tokens"],
        shares=told["n_shares"],
        teams=told["n_teams"],
        me=isinstance(by, User) and by.pk == person.pk,
    )
