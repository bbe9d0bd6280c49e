"""Who may know of the people of an installation."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.http import Http404

from vps import access

Person = Callable[..., User]


@pytest.fixture
def root(person: Person) -> User:
    return person("root", is_superuser=True)


def test_an_admin_of_the_installation_and_a_command_know_everybody(root: User, anna: User) -> None:
    assert list(access.visible_people(root)) == [anna, root]
    assert list(access.visible_people(access.SHELL)) == [anna, root]
    assert access.get_person(root, anna.pk) == anna


@pytest.mark.parametrize("fields", [{}, {"is_staff": True}, {"is_superuser": True, "is_active": False}])
def test_for_everybody_else_there_are_no_people(person: Person, fields: dict[str, bool]) -> None:
    other = person("other", **fields)
    for ask in (access.visible_people, lambda by: access.get_person(by, other.pk)):
        with pytest.raises(Http404):
            ask(other)
    with transaction.atomic(), pytest.raises(Http404):
        access.lock_person(other, other.pk)


def test_who_is_not_signed_in_knows_nobody(anna: User) -> None:
    with pytest.raises(Http404):
        access.visible_people(AnonymousUser())  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [0, -1, 10**6, 2**31, 2**63, 2**200])
def test_a_number_that_is_nobodys_is_not_found(root: User, number: int) -> None:
    with pytest.raises(Http404):
        access.get_person(root, number)
    with transaction.atomic(), pytest.raises(Http404):
        access.lock_person(root, number)


@pytest.mark.parametrize("meanwhile", [{"is_superuser": False}, {"is_active": False}])
def test_who_was_an_admin_when_the_request_began_but_is_none_by_now_changes_nobody(
    root: User, anna: User, meanwhile: dict[str, bool]
) -> None:
    User.objects.filter(pk=root.pk).update(**meanwhile)
    assert root.is_superuser
    assert root.is_active
    with transaction.atomic(), pytest.raises(Http404):
        access.lock_person(root, anna.pk)
