"""The people of this installation: for its admins alone, and for commands."""

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _


class Shell:
    """Who may start commands where the panel is installed: they could become anybody there anyway."""


SHELL = Shell()
Keeper = User | Shell


def visible_people(by: Keeper) -> QuerySet[User]:
    """Everybody. Raises Http404 for who is no admin of the installation."""
    if isinstance(by, Shell) or _is_admin(by):
        return User.objects.order_by("username")
    raise Http404(_("There is nothing here, or nothing that you may see."))


def get_person(by: Keeper, person_id: int) -> User:
    """Raises Http404 where there is none, and for who is no admin of the installation."""
    return get_object_or_404(visible_people(by), pk=person_id)


def lock_person(by: Keeper, person_id: int) -> User:
    """As `get_person`. Until the transaction ends nobody else changes this person or any admin of the installation,
    and who asks is one still: what they were when the request began may be over."""
    everybody = lock_admins(by, Q(pk=person_id))
    person = everybody.get(person_id)
    if person is None:
        raise Http404(_("There is no such person."))
    return person


def lock_admins(by: Keeper, others: Q | None = None) -> dict[int, User]:
    """The admins of the installation, active or not, and whoever else is named, by their keys; nobody else changes
    them until the transaction ends. Raises Http404 for who is no active one of them by now."""
    wanted = Q(is_superuser=True) if others is None else Q(is_superuser=True) | others
    # no_key: rows that only name one of these people, a press or a token, need not wait
    locked = User.objects.select_for_update(no_key=True).filter(wanted).order_by("pk")
    people = {person.pk: person for person in locked}
    if not isinstance(by, Shell) and not _is_admin(people.get(by.pk)):
        raise Http404(_("There is nothing here, or nothing that you may see."))
    return people


def _is_admin(person: User | None) -> bool:
    return person is not None and person.is_active and person.is_superuser
