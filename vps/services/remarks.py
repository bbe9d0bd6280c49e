"""What people say of a machine: that it is protected, how it should be, its tags, its notes, and who looks after it.

All of it belongs to the machine: everyone who sees the machine sees it. Each change takes the board's next revision,
and with it the lock that whatever else changes a card takes first.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from vps.access import get_machine_as, people_who_see
from vps.models import Machine, Revision, Role, Status, Tag
from vps.models.machine import NOTES_LENGTH, TAG_LENGTH
from vps.services import audit
from vps.services.protection import name_of

MOST_TAGS = 20
A_TAG = re.compile(r"\w[\w.-]*")  # fit for an address, and for an element's id
Expected = Machine.Expected

EXPECTATIONS: dict[str, Promise] = {
    Expected.NOT_SAID: gettext_lazy("Nobody said"),
    Expected.ON: gettext_lazy("Always on"),
    Expected.ANY: gettext_lazy("May be off"),
    Expected.OFF: gettext_lazy("Off"),
}

__all__ = [
    "EXPECTATIONS",
    "MOST_TAGS",
    "NOTES_LENGTH",
    "TAG_LENGTH",
    "Meanwhile",
    "NoKeeper",
    "Remarks",
    "TooMany",
]


class Meanwhile(Exception):
    """Somebody else saved other notes since these were read; `notes` are theirs. Nothing was changed."""

    def __init__(self, notes: str) -> None:
        super().__init__()
        self.notes = notes


class TooMany(Exception):
    """The machine would have more than MOST_TAGS tags."""


class NoKeeper(Exception):
    """That person does not see the machine, or does not exist."""


@dataclass(frozen=True)
class Remarks:
    """`keeper` and `keeper_id`: "" and None for nobody. `seen`: a mark of the notes, with which they are saved.
    `may_note`: this person may change tags, notes and keeper; `may_protect`: and protection and expected state."""

    project: str
    product: str
    name: str
    protected: bool
    expected: str
    keeper: str
    keeper_id: int | None
    tags: tuple[str, ...]
    notes: str
    seen: str
    may_note: bool
    may_protect: bool

    @property
    def expectation(self) -> str:
        return str(EXPECTATIONS[self.expected])


def remarks_on(machine: Machine) -> Remarks:
    """Of one of `access.visible_machines`."""
    right: int = getattr(machine, "right")  # noqa: B009  # an annotation of the query
    keeper = machine.keeper
    return Remarks(
        project=machine.project,
        product=machine.product,
        name=name_of(machine),
        protected=machine.protected,
        expected=machine.expected,
        keeper=keeper.get_username() if keeper else "",
        keeper_id=machine.keeper_id,
        tags=tuple(machine.tags.values_list("name", flat=True)),
        notes=machine.notes,
        seen=mark_of(machine.notes),
        may_note=right >= Role.OPERATOR,
        may_protect=right >= Role.ADMIN,
    )


def show_remarks(user: AbstractBaseUser, project: str, product: str, *, admin: bool = False) -> Remarks:
    """For the forms of operators, or of admins. Raises Http404 where this person may not know of the machine,
    PermissionDenied below that."""
    right = Role.ADMIN if admin else Role.OPERATOR
    return remarks_on(get_machine_as(user, project, product, right))


def mark_of(notes: str) -> str:
    return hashlib.sha256(notes.encode(errors="replace")).hexdigest()[:16]


@contextmanager
def _changing(user: AbstractBaseUser, project: str, product: str, right: Role) -> Iterator[Machine]:
    """The machine, locked; whoever draws it knows by its revision that it was changed. Raises as `show_remarks`."""
    with transaction.atomic():
        get_machine_as(user, project, product, right)  # before any lock
        revision = Revision.take()
        machine = Machine.objects.select_for_update(no_key=True).get(project=project, product=product)
        yield machine
        Status.objects.filter(machine=machine).update(revision=revision)


def protect(user: AbstractBaseUser, project: str, product: str, protected: bool) -> None:
    """Protects it, or lifts that. Raises as `show_remarks` for an admin."""
    code = audit.Code.MACHINE_PROTECTED if protected else audit.Code.MACHINE_UNPROTECTED
    with _changing(user, project, product, Role.ADMIN) as machine:
        if machine.protected != protected:
            machine.protected = protected
            machine.save(update_fields=["protected"])
            audit.record(code, person=user, machine=machine)


def expect(user: AbstractBaseUser, project: str, product: str, expected: str) -> None:
    """Says in which state it should be. Raises as `show_remarks` for an admin."""
    with _changing(user, project, product, Role.ADMIN) as machine:
        if machine.expected != expected:
            machine.expected = Expected(expected)
            machine.save(update_fields=["expected"])
            audit.record(audit.Code.MACHINE_EXPECTED, person=user, machine=machine, expected=expected)


def set_tags(
    user: AbstractBaseUser, project: str, product: str, had: Collection[str], tags: Collection[str]
) -> None:
    """Adds and removes what differs from the tags that the form `had`: what somebody else changed meanwhile stays.
    Raises TooMany, and as `show_remarks` for an operator."""
    with _changing(user, project, product, Role.OPERATOR) as machine:
        now = set(machine.tags.values_list("name", flat=True))
        added, gone = set(tags) - set(had) - now, (set(had) - set(tags)) & now
        if len(now) + len(added) - len(gone) > MOST_TAGS:
            raise TooMany
        machine.tags.filter(name__in=gone).delete()
        Tag.objects.bulk_create([Tag(machine=machine, name=name) for name in sorted(added)])
        if added or gone:
            audit.record(
                audit.Code.MACHINE_TAGGED,
                person=user,
                machine=machine,
                added=", ".join(sorted(added)),
                removed=", ".join(sorted(gone)),
            )


def set_notes(user: AbstractBaseUser, project: str, product: str, notes: str, seen: str) -> None:
    """Saves notes that were written with those before one's eyes of which `seen` is the mark. Raises Meanwhile, and as
    `show_remarks` for an operator."""
    with _changing(user, project, product, Role.OPERATOR) as machine:
        if machine.notes == notes:
            return
        if mark_of(machine.notes) != seen:
            raise Meanwhile(machine.notes)
        machine.notes = notes
        machine.save(update_fields=["notes"])
        audit.record(audit.Code.MACHINE_NOTED, person=user, machine=machine, letters=len(notes))


def keepers(user: AbstractBaseUser, project: str, product: str) -> list[tuple[int, str]]:
    """The keys and names of those who may look after it: who see it. Raises as `show_remarks` for an operator."""
    people = people_who_see(get_machine_as(user, project, product, Role.OPERATOR))
    return sorted(people.values_list("pk", "username"), key=lambda person: person[1].casefold())


def set_keeper(user: AbstractBaseUser, project: str, product: str, keeper_id: int | None) -> None:
    """Says who looks after it, None for nobody. Raises NoKeeper, and as `show_remarks` for an operator."""
    with _changing(user, project, product, Role.OPERATOR) as machine:
        if machine.keeper_id == keeper_id:
            return
        keeper: User | None = None
        if keeper_id is not None:
            keeper = people_who_see(machine).filter(pk=keeper_id).first()
            if keeper is None:
                raise NoKeeper
        machine.keeper = keeper
        machine.save(update_fields=["keeper"])
        name = keeper.get_username() if keeper else ""
        audit.record(audit.Code.MACHINE_KEEPER, person=user, machine=machine, keeper=name)


def read_tags(typed: str) -> list[str]:
    """The tags in a text, in lower case, each once. Raises ValueError with the first that is none."""
    found = [word for word in re.split(r"[\s,;]+", unicodedata.normalize("NFKC", typed).lower()) if word]
    for word in found:
        if len(word) > TAG_LENGTH or not A_TAG.fullmatch(word):
            raise ValueError(word)
    return list(dict.fromkeys(found))
