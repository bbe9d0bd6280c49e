"""Who is an admin of the installation: given, taken, and never without one."""

import threading
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404

from tests.people_kit import lines
from vps.access import SHELL
from vps.models import AuditEvent
from vps.services import people

pytestmark = pytest.mark.django_db
Person = Callable[..., User]


@pytest.fixture
def root(person: Person) -> User:
    return person("root", is_superuser=True)


def test_the_installation_is_given_and_taken(root: User, anna: User) -> None:
    people.give_admin(root, anna.pk)
    people.give_admin(root, anna.pk)
    people.take_admin(anna, root.pk)
    assert set(User.objects.filter(is_superuser=True)) == {anna}
    assert lines() == [("person.admin", "root", "anna"), ("person.admin", "anna", "root")]
    assert [line.outcome for line in AuditEvent.objects.order_by("pk")] == ["given", "taken"]


@pytest.mark.parametrize("act", [people.take_admin, people.disable_person])
def test_the_last_active_admin_stays(root: User, person: Person, act: Callable[..., None]) -> None:
    person("old", is_superuser=True, is_active=False)
    with pytest.raises(PermissionDenied, match="the last admin of this installation"):
        act(SHELL, root.pk)
    root.refresh_from_db()
    assert (root.is_superuser, root.is_active, lines()) == (True, True, [])


@pytest.mark.parametrize(
    "act",
    [
        people.disable_person,
        people.enable_person,
        people.reset_person,
        people.give_admin,
        people.take_admin,
        people.get_person,
    ],
)
def test_nobody_else_does_anything(anna: User, ben: User, act: Callable[..., object]) -> None:
    with pytest.raises(Http404):
        act(anna, ben.pk)
    with pytest.raises(Http404):
        people.create_person(anna, "eve")
    with pytest.raises(Http404):
        people.list_people(anna)
    assert (User.objects.count(), AuditEvent.objects.count()) == (2, 0)


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_take_it_from_each_other_at_once_leave_one(person: Person) -> None:
    pair = [person("root", is_superuser=True), person("rita", is_superuser=True)]
    start, refused = threading.Barrier(2), []

    def take(by: User, whose: User) -> None:
        start.wait(10)
        try:
            people.take_admin(by, whose.pk)
        except (PermissionDenied, Http404) as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=two) for two in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert User.objects.filter(is_superuser=True).count() == 1
    assert len(refused) == 1
