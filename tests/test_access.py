"""Who may know of which machine, and who gets the right to call the provider."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.http import Http404
from django.utils import timezone

from tests.rows import give_access, give_machine, give_token
from vps import access
from vps.models import Access, TokenProject

NOW = timezone.now()


@pytest.fixture
def ben(person: Callable[..., User]) -> User:
    return person("ben")


def marks(user: User) -> tuple[object, object]:
    """Whether the one machine on this person's board is granted, and since when it is refused."""
    seen = vars(access.visible_machines(user).get())
    return seen["granted"], seen["refused_at"]


def boards(user: User) -> set[int]:
    return {machine.pk for machine in access.visible_machines(user)}


def test_a_person_sees_what_their_tokens_read_and_nothing_else(anna: User, ben: User) -> None:
    mine, his = give_machine(give_token(anna)), give_machine(give_token(ben))
    assert (boards(anna), boards(ben)) == ({mine.pk}, {his.pk})


def test_a_machine_that_two_people_read_is_one_machine(anna: User, ben: User) -> None:
    machine = give_machine(give_token(anna))
    give_access(give_token(ben), machine)
    assert boards(anna) == boards(ben) == {machine.pk}


def test_a_machine_that_nobody_reads_is_on_no_board(anna: User) -> None:
    give_machine()
    assert boards(anna) == set()


def test_a_machine_read_through_two_tokens_is_there_once(anna: User) -> None:
    machine = give_machine(give_token(anna))
    give_access(give_token(anna), machine)
    assert [row.pk for row in access.visible_machines(anna)] == [machine.pk]


def test_one_good_token_is_enough(anna: User) -> None:
    machine = give_machine(give_token(anna, refused_at=NOW))
    assert marks(anna)[0] is False
    give_access(give_token(anna), machine)
    assert marks(anna)[0] is True


@pytest.mark.parametrize("refused", ["token", "access"])
def test_a_refusal_is_told_with_its_moment(anna: User, refused: str) -> None:
    token = give_token(anna, refused_at=NOW if refused == "token" else None)
    give_machine(token, access={"refused_at": NOW if refused == "access" else None})
    assert marks(anna) == (False, NOW)


def test_of_two_refusals_the_later_one_counts(anna: User) -> None:
    machine = give_machine(give_token(anna, refused_at=NOW - timedelta(hours=1)))
    give_access(give_token(anna), machine, refused_at=NOW)
    assert marks(anna) == (False, NOW)


def test_another_persons_good_token_grants_nothing(anna: User, ben: User) -> None:
    machine = give_machine(give_token(anna, refused_at=NOW))
    give_access(give_token(ben), machine)
    assert marks(anna)[0] is False
    assert marks(ben)[0] is True


def test_a_strangers_machine_is_not_found(anna: User, ben: User) -> None:
    machine = give_machine(give_token(anna))
    assert access.get_machine(anna, machine.project, machine.product) == machine
    with pytest.raises(Http404):
        access.get_machine(ben, machine.project, machine.product)
    with pytest.raises(Http404):
        access.get_machine(anna, "prj-2", machine.product)


def test_a_strangers_token_is_not_found(anna: User, ben: User) -> None:
    token = give_token(anna)
    assert access.get_token(anna, token.pk) == token
    for user, token_id in ((ben, token.pk), (anna, uuid4())):
        with pytest.raises(Http404):
            access.get_token(user, token_id)


def test_an_administrator_of_the_installation_sees_nothing_by_that_alone(
    anna: User, person: Callable[..., User]
) -> None:
    admin = person("root", is_superuser=True, is_staff=True)
    token = give_token(anna)
    give_machine(token)
    assert boards(admin) == set()
    with pytest.raises(Http404):
        access.get_token(admin, token.pk)


def test_only_the_owner_may_try_a_token(anna: User, ben: User) -> None:
    token = give_token(anna)
    assert access.own_grant(anna, token, "prj-1").operation is access.Operation.LISTING
    assert access.own_grant(anna, token, "prj-1", "vm-1").operation is access.Operation.STATUS
    for product in ("", "vm-1"):
        with pytest.raises(Http404):
            access.own_grant(ben, token, "prj-1", product)


def test_a_grant_prints_nothing_sealed(anna: User) -> None:
    grant = access.own_grant(anna, give_token(anna), "prj-1")
    assert repr(grant.sealed) not in repr(grant)
    assert "sealed" not in repr(grant)


def test_the_collector_reads_every_machine_in_every_way(anna: User, ben: User) -> None:
    machine = give_machine(give_token(anna), access={"how": Access.How.HAND})
    his = give_token(ben, refused_at=NOW)
    give_access(his, machine)
    TokenProject.objects.create(token=his, project=machine.project, how="listed", checked_at=NOW)
    own, others = access.machine_readers()
    assert (own.machine_id, own.refused, own.unproved) == (machine.pk, False, True)
    assert (others.machine_id, others.refused, others.unproved) == (machine.pk, True, False)
    assert {own.grant.operation, others.grant.operation} == {access.Operation.STATUS}


def test_the_collector_reads_and_lists_nothing_for_a_person_who_is_inactive(anna: User, ben: User) -> None:
    for user in (anna, ben):
        token = give_token(user)
        give_machine(token)
        TokenProject.objects.create(
            token=token, project="prj-1", how="listed", checked_at=NOW - timedelta(hours=1)
        )
    anna.is_active = False
    anna.save()
    assert [reader.grant.bound_to.endswith(f"/{ben.pk}") for reader in access.machine_readers()] == [True]
    assert [project.token.owner for project in access.listings_due(NOW)] == [ben]


def test_a_listing_is_due_again_after_its_time(anna: User) -> None:
    token = give_token(anna)
    for minutes, project in ((10, "prj-1"), (20, "prj-2"), (1, "prj-3")):
        checked = NOW - timedelta(minutes=minutes)
        TokenProject.objects.create(token=token, project=project, how="listed", checked_at=checked)
    due = access.listings_due(NOW - timedelta(minutes=5))
    assert [project.project for project in due] == ["prj-2", "prj-1"]
