"""Which machines a person may know of, and by what right."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.http import Http404
from django.utils.translation import gettext as _

from vps.models import Access, Machine, Member, Share, Token
from vps.models.kept import Kept

OWNER = 4  # the right of who has a token for it; above every role
GOOD = Q(refused_at=None, token__refused_at=None)
WHOLE, WHEN = models.IntegerField(), models.DateTimeField()
ROLE = "token__shares__team__members__role"


def visible_machines(user: AbstractBaseUser | int) -> QuerySet[Machine]:
    """The machines on this person's board; of a person, or of their key.

    A machine is seen by an own token, or by one that its owner opened to a team that one is in. Each carries `right`:
    the highest of what this person may do to it by a token that reads it now, a Role or OWNER, or if none does, by any;
    `granted`: whether such a token reads it now; `refused_at`: since when the last of them is refused; `listable`:
    whether one of them is still good for listings; `shown_through`: the id of their oldest own token for it; and
    `told`: whether what the provider said of the last check was said to a token of their own. A refused token grants
    nothing heard after that moment (see services.cards).
    """
    person = user if isinstance(user, int) else user.pk
    own, shared = _ways(person)
    # In the list and not by Exists: only one's own machines are looked at, however many there are.
    return Machine.objects.filter(pk__in=_machines_of(person)).annotate(
        granted=_either(Exists(own.filter(GOOD)), Exists(shared.filter(GOOD))),
        right=Case(
            When(Exists(own.filter(GOOD)), then=Value(OWNER)),
            default=Coalesce(_most(shared.filter(GOOD), ROLE, WHOLE), _nominal(own, shared)),
            output_field=WHOLE,
        ),
        listable=_either(
            Exists(own.filter(token__refused_at=None)), Exists(shared.filter(token__refused_at=None))
        ),
        refused_at=_latest(_most(own, _refused(), WHEN), _most(shared, _refused(), WHEN)),
        shown_through=Subquery(own.order_by("pk").values("token_id")[:1], output_field=models.UUIDField()),
        told=Exists(Token.objects.filter(pk=OuterRef("status__said_to"), owner_id=person)),
    )


def visible_accesses(person: int) -> QuerySet[Access]:
    """What shows this person (by their key) the machines of `visible_machines`: one row for each way."""
    own, shared = _own(person), _shared(person)
    return Access.objects.filter(pk__in=own.values("pk").union(shared.values("pk"), all=True))


def rights_number(person: int) -> Any:
    """An expression that changes when a membership or share that gives this person (by their key) rights comes, goes or
    changes: whether some are worth more than before can be seen by no access."""
    roles = Member.objects.filter(person_id=person).order_by().values("person")
    shares = Share.objects.filter(team__members__person_id=person).order_by().values("team__members__person")
    # of squares, so that two that swap their roles are told, too
    worth = F("pk") * 4 + F("role")
    members = roles.annotate(number=models.Sum(worth * worth)).values("number")
    opened = shares.annotate(number=models.Sum(F("pk") * F("pk"))).values("number")
    whole = models.BigIntegerField()
    return Coalesce(Subquery(members, output_field=whole), 0) + Coalesce(
        Subquery(opened, output_field=whole), 0
    )


def get_machine(user: AbstractBaseUser, project: str, product: str) -> Machine:
    """The machine, with its status, if this person may know of it. Raises Http404."""
    for machine in _MACHINE.rows(person=user.pk, project=project, product=product):
        return machine
    raise Http404(_("There is no such machine, or it is none of yours."))


def get_machine_as(
    user: AbstractBaseUser, project: str, product: str, right: int, *, lock: bool = False
) -> Machine:
    """The machine, if this person has at least that right over it; with `lock` nobody else changes its row until the
    transaction ends. Raises Http404 where they may not know of it, else PermissionDenied."""
    machine = get_machine(user, project, product)
    if lock:
        Machine.objects.select_for_update().get(pk=machine.pk)
        machine = get_machine(user, project, product)  # as it is now that nobody changes it
    if right_over(machine) < right:
        raise PermissionDenied(too_low())
    return machine


def right_of(user: AbstractBaseUser, machine: Machine) -> int:
    """What this person may do to the machine: a Role, OWNER, or 0 where they may not know of it."""
    found = visible_machines(user).filter(pk=machine.pk).first()
    return right_over(found) if found else 0


def right_over(machine: Machine) -> int:
    """The same, of one of `visible_machines`."""
    right: int = getattr(machine, "right")  # noqa: B009  # an annotation of the query
    return right


@dataclass(frozen=True)
class Unread:
    """Why nothing is asked about a machine for a person now: in a few words without a full stop, and who can help.
    `own`: they can, as they have a token for it."""

    own: bool
    why: str
    remedy: str

    @property
    def sentence(self) -> str:
        return f"{self.why}. {self.remedy}"


def unread(machine: Machine) -> Unread:
    """Of one of `visible_machines` that is not `granted`. Every place that says so takes it from here, so that nobody
    who sees it through a team is told of a token of their own."""
    if getattr(machine, "shown_through"):  # noqa: B009  # an annotation of the query
        why = _("No token of yours reads this machine now")
        return Unread(True, why, _("Replace the token, or give it the permission."))
    why = _("No token that is shared with you reads this machine now")
    return Unread(False, why, _("Its owner can replace it."))


def too_low() -> str:
    return _(
        "Your role lets you look at this machine, and not do this. Ask an admin of the team that shares it."
    )


def _own(person: int) -> QuerySet[Access]:
    return Access.objects.filter(token__owner_id=person).order_by()


def _shared(person: int) -> QuerySet[Access]:
    """Once for each team that a token is opened to."""
    return Access.objects.filter(
        token__shares__team__members__person_id=person,
        token__shares__project=F("machine__project"),
        token__owner__is_active=True,
    ).order_by()


def _machines_of(person: int) -> Any:
    return _own(person).values("machine").union(_shared(person).values("machine"), all=True)


def _ways(person: int) -> tuple[QuerySet[Access], QuerySet[Access]]:
    """Those to one machine of an outer query: by own tokens, and by others'."""
    here = OuterRef("pk")
    return _own(person).filter(machine=here), _shared(person).filter(machine=here)


def _refused() -> Any:
    return Coalesce("refused_at", "token__refused_at")


def _most(ways: QuerySet[Access], what: Any, kind: Any) -> Any:
    return Subquery(ways.values("machine").annotate(most=Max(what)).values("most"), output_field=kind)


def _nominal(own: QuerySet[Access], shared: QuerySet[Access]) -> Any:
    """Where nothing reads the machine now: what it would be if it did, so that buttons can say why they do nothing."""
    return Case(When(Exists(own), then=Value(OWNER)), default=_most(shared, ROLE, WHOLE), output_field=WHOLE)


def _latest(one: Any, other: Any) -> Any:
    """Greatest alone gives null on SQLite where either is."""
    return Coalesce(Greatest(one, other), one, other)


def _either(one: Exists, other: Exists) -> Any:
    return ExpressionWrapper(Q(one) | Q(other), output_field=BooleanField())


def _ask_machine(person: int, project: str, product: str) -> QuerySet[Machine]:
    machines = visible_machines(person).select_related("status__last_action")
    return machines.filter(project=project, product=product)


_MACHINE = Kept(_ask_machine)
