"""The right to do something to a machine."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _

from vps.models import Ability, Access, Machine, Member, PowerAction, Role, Token
from vps.models.kept import Kept

from .grants import READING, ActGrant, Operation, make_grant
from .seeing import GOOD, OWNER, get_machine, too_low, unread

# What a way to a machine must be worth for what is done by it. Nobody may only watch a console: no relay enforces that.
NEEDED: dict[Operation, int] = {
    Operation.POWER: Role.OPERATOR,
    Operation.CONSOLE: Role.OPERATOR,
    Operation.LOGIN: Role.ADMIN,
    Operation.CLEAR_LOGIN: Role.ADMIN,
}


def allows(right: int, operation: Operation, *, protected: bool = False) -> bool:
    """Whether a right, a Role or OWNER, is enough to do this to a machine."""
    held = protected and operation == Operation.POWER
    return right >= (Role.ADMIN if held else NEEDED[operation])


@dataclass(frozen=True)
class Acting:
    """A person's right to do one thing to one machine: the grant, and the token whose grant it is. `own`: it is this
    person's; what the provider says to another's is for its owner. `tried`: whether the token was seen to be allowed
    it, or refused; None if it was not tried. `booted_at`: when the machine had booted, as far as is known; None while
    an action is watched, since when it may have booted anew."""

    machine: Machine
    token: Token
    own: bool
    grant: ActGrant
    tried: bool | None
    booted_at: datetime | None


def get_acting(user: AbstractBaseUser, project: str, product: str, operation: Operation) -> Acting:
    """The right to act on a machine, with the token that is to be used: one's own; else, or where that is known to be
    refused this operation, one that is shared with the highest role, which must be enough by itself. Where all are
    known to be refused it, a person's own act asks the provider again whether they still are. Raises Http404 where
    this person may not know of the machine; PermissionDenied where no token reads it for them now, or their role is
    too low.

    One query, as a person waits for it. The machine carries `granted`, `right` and `refused_at` as on a board.
    """
    if operation in READING:
        raise ValueError("reading is not acting")
    found = _ACCESSES.rows(person=user.pk, project=project, product=product, operation=operation.value)
    enough = [row for row in found if allows(row.right, operation, protected=row.machine.protected)]
    access = min(enough, key=lambda row: (row.tried is False, -row.right, row.pk), default=None)
    if access is None:
        raise PermissionDenied(_why_not(get_machine(user, project, product), found, operation))
    vars(access.machine).update(granted=True, refused_at=None, right=max(row.right for row in found))
    grant = make_grant(operation, access.token, project, product)
    return Acting(access.machine, access.token, access.right == OWNER, grant, access.tried, access.booted_at)


def _why_not(machine: Machine, found: list[Any], operation: Operation) -> str:
    """Of one of `visible_machines`, with the ways by which it is read now."""
    right = max((row.right for row in found), default=0)
    if right and allows(right, operation):
        return _("This machine is protected: only admins of its team and owners of its tokens may do this.")
    if right:
        return too_low()
    return unread(machine).sentence


def _ask_accesses(person: int, project: str, product: str, operation: str) -> QuerySet[Any]:
    abilities = Ability.objects.filter(token=OuterRef("token"), operation=operation)
    roles = Member.objects.filter(
        person_id=person,
        person__is_active=True,
        team__shares__token=OuterRef("token"),
        team__shares__project=OuterRef("machine__project"),
    ).order_by("-role")
    good = Access.objects.filter(GOOD, token__owner__is_active=True)
    here = good.filter(machine__project=project, machine__product=product)
    mine = Q(token__owner_id=person)
    watched = Q(machine__status__last_action__observed=PowerAction.Observed.WATCHING)
    return (
        here.filter(mine | Q(Exists(roles)))
        .select_related("machine", "token__owner")
        .annotate(
            right=Case(
                When(mine, then=Value(OWNER)),
                default=Subquery(roles.values("role")[:1]),
                output_field=IntegerField(),
            ),
            tried=Subquery(abilities.values("allowed")[:1]),
            booted_at=Case(When(watched, then=None), default=F("machine__status__booted_at")),
        )
    )


_ACCESSES = Kept(_ask_accesses)
