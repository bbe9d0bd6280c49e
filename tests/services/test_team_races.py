"""Two who act on one team at the same moment, and shares that end with what they were of."""

import threading
import time
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404
from django.utils import timezone

from tests.rows import give_share, give_team, give_token
from vps.models import AuditEvent, Member, Role, Share, TokenProject
from vps.services import invitations, people, teams, tokens


def at_once(*deeds: Callable[[], object]) -> list[str]:
    """What became of each, in threads of their own: "" or the name of the refusal."""
    told, gate = [""] * len(deeds), threading.Barrier(len(deeds))

    def run(place: int, deed: Callable[[], object]) -> None:
        try:
            gate.wait()
            deed()
        except (PermissionDenied, Http404, invitations.InvitationOver) as refused:
            told[place] = type(refused).__name__
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_demote_each_other_one_stays(anna: User, ben: User) -> None:
    team = give_team(admin=[anna, ben])
    of = {member.person_id: member.pk for member in Member.objects.all()}
    refused = at_once(
        lambda: teams.set_role(anna, team.pk, of[ben.pk], Role.VIEWER),
        lambda: teams.set_role(ben, team.pk, of[anna.pk], Role.VIEWER),
    )
    assert refused == ["", "PermissionDenied"]
    assert sorted(Member.objects.values_list("role", flat=True)) == [Role.VIEWER, Role.ADMIN]


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_leave_one_stays(anna: User, ben: User) -> None:
    team = give_team(admin=[anna, ben])
    refused = at_once(lambda: teams.leave_team(anna, team.pk), lambda: teams.leave_team(ben, team.pk))
    assert refused == ["", "PermissionDenied"]
    assert Member.objects.get().role == Role.ADMIN


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["leave", "demote"])
def test_an_admin_who_is_just_being_disabled_is_none_to_leave_a_team_to(
    anna: User, ben: User, act: str
) -> None:
    team = give_team(admin=[anna, ben])
    me, disabled = Member.objects.get(person=anna).pk, threading.Event()

    def disable() -> None:
        with transaction.atomic():
            people.disable_person(people.SHELL, ben.pk)
            disabled.set()
            time.sleep(0.5)

    def go() -> None:
        assert disabled.wait(10)
        if act == "leave":
            teams.leave_team(anna, team.pk)
        else:
            teams.set_role(anna, team.pk, me, Role.VIEWER)

    assert at_once(disable, go) == ["", "PermissionDenied"]
    assert Member.objects.filter(role=Role.ADMIN, person__is_active=True).get().person == anna


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_a_link_one_joins(anna: User, ben: User, person: Callable[..., User]) -> None:
    team, cleo = give_team(admin=anna), person("cleo")
    link, _mailed = invitations.invite(anna, team.pk, Role.VIEWER)
    key = invitations.hash_of(link.reveal().rstrip("/").rpartition("/")[2])
    refused = at_once(lambda: invitations.accept(ben, key), lambda: invitations.accept(cleo, key))
    assert refused == ["", "InvitationOver"]
    assert Member.objects.count() == 2


def test_a_project_that_is_removed_and_added_again_is_shared_with_nobody(anna: User) -> None:
    team, token = give_team(admin=anna), give_token(anna)
    for project in ("prj-1", "prj-2"):
        TokenProject.objects.create(token=token, project=project, how="listed", checked_at=timezone.now())
        give_share(token, team, project)
    tokens.remove_project(anna, token.pk, "prj-1")
    assert Share.objects.get().project == "prj-2"
    line = AuditEvent.objects.get(code="share.withdrawn")
    assert (line.person, line.team_id, line.detail) == ("anna", team.pk, {"project": "prj-1"})


def test_a_token_that_is_forgotten_leaves_a_line_for_each_share(anna: User) -> None:
    team, token = give_team(admin=anna), give_token(anna)
    give_share(token, team)
    tokens.forget_token(anna, token.pk)
    assert AuditEvent.objects.filter(code="share.withdrawn", team_id=team.pk).count() == 1
