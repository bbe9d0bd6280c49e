"""Which machines a person may know of."""

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils.translation import gettext as _

from vps.models import Access, Machine, Token
from vps.models.kept import Kept

OWNER = 4  # the right of who has a token for it; above every role


def visible_machines(user: AbstractBaseUser | int) -> QuerySet[Machine]:
    """The machines on this person's board; of a person, or of their key.

    Each carries `right`: what this person may do to it, a Role or OWNER; `granted`: whether one of their tokens reads
    it now; `refused_at`: since when the last of them is refused; `listable`: whether one of these tokens is still good
    for listings; `newest_access`: the id of their latest access to it; `shown_through`: the id of their oldest token
    for it; and `told`: whether what the provider said of the last check was said to a token of theirs. A refused token
    grants nothing heard after that moment (see services.cards).
    """
    person = user if isinstance(user, int) else user.pk
    own = Access.objects.filter(machine=OuterRef("pk"), token__owner_id=person).order_by()
    good = own.filter(refused_at=None, token__refused_at=None)
    each = own.values("machine")
    refused = each.annotate(last=Max(Coalesce("refused_at", "token__refused_at")))
    # In the list and not by Exists: only one's own machines are looked at, however many there are.
    mine = visible_accesses(person).values("machine")
    return Machine.objects.filter(pk__in=mine).annotate(
        granted=Exists(good),
        right=Value(OWNER),
        listable=Exists(own.filter(token__refused_at=None)),
        refused_at=Subquery(refused.values("last")),
        newest_access=Subquery(each.annotate(newest=Max("pk")).values("newest")),
        shown_through=Subquery(own.order_by("pk").values("token_id")[:1], output_field=models.UUIDField()),
        told=Exists(Token.objects.filter(pk=OuterRef("status__said_to"), owner_id=person)),
    )


def visible_accesses(person: int) -> QuerySet[Access]:
    """What shows this person (by their key) the machines of `visible_machines`: one row for each way."""
    return Access.objects.filter(token__owner_id=person)


def get_machine(user: AbstractBaseUser, project: str, product: str) -> Machine:
    """The machine, with its status, if this person may know of it. Raises Http404."""
    for machine in _MACHINE.rows(person=user.pk, project=project, product=product):
        return machine
    raise Http404(_("There is no such machine, or it is none of yours."))


def get_machine_as(user: AbstractBaseUser, project: str, product: str, right: int) -> Machine:
    """The machine, to whom has that right over it, or a higher one. Raises Http404 where this person may not know of
    it, PermissionDenied below the right."""
    machine = get_machine(user, project, product)
    if getattr(machine, "right") < right:  # noqa: B009  # an annotation of the query
        raise PermissionDenied(_("You may see this machine, but not do this."))
    return machine


def _ask_machine(person: int, project: str, product: str) -> QuerySet[Machine]:
    machines = visible_machines(person).select_related("status__last_action")
    return machines.filter(project=project, product=product)


_MACHINE = Kept(_ask_machine)
