"""The right to do something to a machine."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.utils.translation import gettext as _

from vps.models import Ability, Access, Machine, PowerAction, Token
from vps.models.kept import Kept

from .grants import READING, ActGrant, Operation, make_grant
from .seeing import get_machine


@dataclass(frozen=True)
class Acting:
    """A person's right to do one thing to one machine: the grant, and the token whose grant it is. `tried`: whether the
    token was seen to be allowed it, or refused; None if it was not tried. `booted_at`: when the machine had booted, as
    far as is known; None while an action is watched, since when it may have booted anew."""

    machine: Machine
    token: Token
    grant: ActGrant
    tried: bool | None
    booted_at: datetime | None


def get_acting(user: AbstractBaseUser, project: str, product: str, operation: Operation) -> Acting:
    """The right to act on a machine, with the token that is to be used: one that is not known to be refused this
    operation, if there is any; a person's own act asks the provider again whether it still is. Raises Http404 where
    this person may not know of the machine; PermissionDenied where none of their tokens reads it now.

    One query, as a person waits for it. The machine carries `granted` and `refused_at` as on a board.
    """
    if operation in READING:
        raise ValueError("reading is not acting")
    found = _ACCESSES.rows(person=user.pk, project=project, product=product, operation=operation.value)
    access = min(found, key=lambda row: (row.tried is False, row.pk), default=None)
    if access is None:
        get_machine(user, project, product)
        raise PermissionDenied(
            _("No token of yours reads this machine now. Replace the token, then try again.")
        )
    vars(access.machine).update(granted=True, refused_at=None)
    grant = make_grant(operation, access.token, project, product)
    return Acting(access.machine, access.token, grant, access.tried, access.booted_at)


def _ask_accesses(person: int, project: str, product: str, operation: str) -> QuerySet[Any]:
    abilities = Ability.objects.filter(token=OuterRef("token"), operation=operation)
    good = Access.objects.filter(
        token__owner_id=person, token__owner__is_active=True, token__refused_at=None, refused_at=None
    )
    here = good.filter(machine__project=project, machine__product=product)
    watched = Q(machine__status__last_action__observed=PowerAction.Observed.WATCHING)
    return here.select_related("machine", "token__owner").annotate(
        tried=Subquery(abilities.values("allowed")[:1]),
        booted_at=Case(When(watched, then=None), default=F("machine__status__booted_at")),
    )


_ACCESSES = Kept(_ask_accesses)
