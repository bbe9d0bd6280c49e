"""What a team's links and pages show to whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.conftest import PASSWORD
from tests.rows import give_access, give_machine, give_share, give_team, give_token
from vps.models import Machine, Member, Role, Team, Token
from vps.services import invitations


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_who_is_invited_signs_in_first_and_joins_at_an_address_without_the_key(anna: User, ben: User) -> None:
    team, client = give_team(admin=anna), Client()
    key = invitations.invite(anna, team.pk, Role.OPERATOR)[0].reveal().rstrip("/").rpartition("/")[2]
    opened = client.get(f"/teams/join/{key}/")
    assert opened["Location"] == "/teams/join/"
    assert (opened["Referrer-Policy"], "no-store" in opened["Cache-Control"]) == ("no-referrer", True)
    gate = client.get("/teams/join/")
    assert gate["Location"] == "/accounts/login/?next=/teams/join/"
    assert client.post(gate["Location"], {"login": "ben", "password": PASSWORD})["Location"] == "/teams/join/"
    page = text(client.get("/teams/join/"))
    assert "Join Ops?" in page
    assert "anna invites you as operator." in page
    assert key not in page
    assert not Member.objects.filter(person=ben).exists()
    assert client.post("/teams/join/")["Location"] == f"/teams/{team.pk}/"
    assert Member.objects.get(person=ben).role == Role.OPERATOR
    assert client.get("/teams/join/").status_code == 404


def test_an_unknown_key_makes_no_session(db: None) -> None:
    client = Client()
    assert client.get(f"/teams/join/{'x' * 43}/").status_code == 404
    assert "sessionid" not in client.cookies


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_who_is_no_admin_is_shown_no_form_of_theirs(
    anna: User, stranger: Client, ben: User, role: str
) -> None:
    team = give_team("Ops", admin=anna, **{role: ben})
    page = text(stranger.get(f"/teams/{team.pk}/"))
    assert not any(word in page for word in ("Invite somebody", "Coverage", "Rename", "Delete", "Remove"))
    assert "Share a project" in page


def test_an_admin_of_the_installation_sees_a_team_and_no_form(
    anna: User, ben: User, stranger: Client
) -> None:
    team = give_team(admin=anna)
    User.objects.filter(pk=ben.pk).update(is_superuser=True)
    page = text(stranger.get(f"/teams/{team.pk}/"))
    assert "and are not in it" in page
    assert not any(word in page for word in ("Invite somebody", "Share a project", "Rename", "Leave"))


def test_a_tokens_page_tells_with_whom_it_is_shared(signed_in: Client, anna: User) -> None:
    token, team = give_token(anna), give_team("Shop", admin=anna)
    address = f"/tokens/{token.pk}/"
    assert "Nobody: you alone see and act through it." in text(signed_in.get(address))
    share = give_share(token, team)
    page = text(signed_in.get(address))
    assert f'href="/teams/{team.pk}/">Shop</a>' in page
    assert f'href="/shares/{share.pk}/withdraw/"' in page


def test_the_coverage_of_500_machines_takes_as_few_queries_as_that_of_one(
    signed_in: Client, anna: User
) -> None:
    token, team = give_token(anna), give_team(admin=anna)
    give_share(token, team)
    give_machine(token)
    with CaptureQueriesContext(connection) as few:
        signed_in.get(f"/teams/{team.pk}/coverage/")
    names = [f"vm-many-{number:03d}" for number in range(499)]
    made = Machine.objects.bulk_create(Machine(project="prj-1", product=name, name=name) for name in names)
    proved = timezone.now() - timedelta(seconds=1)
    for machine in made:
        give_access(token, machine, proved_at=proved)
    with CaptureQueriesContext(connection) as many:
        page = text(signed_in.get(f"/teams/{team.pk}/coverage/"))
    assert len(many) == len(few) <= 10
    assert "500 machines would go dark" in page


# Leaving ------------------------------------------------------------------------------------------


def sentences(page: str) -> list[str]:
    return [line for line in page.split("<p>") if "loses sight" in line]


@pytest.fixture
def through_two(anna: User, ben: User) -> Team:
    """Ben alone shows the team two machines, and with Anna a third; a fourth is his and not shared."""
    team, his = give_team(admin=anna, operator=ben), give_token(ben)
    for name in ("web", "db", "both"):
        machine = give_machine(his, machine={"name": name})
    hers = give_token(anna)
    give_access(hers, machine)
    give_machine(his, machine={"name": "private", "project": "prj-2"})
    give_share(his, team)
    give_share(hers, team)
    return team


def test_who_leaves_or_is_removed_takes_machines_along_and_that_is_said_before_by_name(
    through_two: Team, signed_in: Client, stranger: Client
) -> None:
    member = Member.objects.get(person__username="ben").pk
    leaving = text(stranger.get(f"/teams/{through_two.pk}/leave/"))
    removing = text(signed_in.get(f"/teams/{through_two.pk}/members/{member}/remove/"))
    for page in (leaving, removing):
        [told] = sentences(page)
        assert "loses sight of 2 machines, which it sees through nobody else: db, web." in told


def test_where_others_show_them_too_nothing_goes_dark(through_two: Team, signed_in: Client) -> None:
    Member.objects.filter(person__username="ben").update(role=Role.ADMIN)
    assert sentences(text(signed_in.get(f"/teams/{through_two.pk}/leave/"))) == []


def test_of_many_machines_a_dozen_is_named(through_two: Team, stranger: Client) -> None:
    his = Token.objects.get(owner__username="ben")
    for number in range(20):
        give_machine(his, machine={"name": f"many-{number:02d}"})
    [told] = sentences(text(stranger.get(f"/teams/{through_two.pk}/leave/")))
    assert "22 machines" in told
    assert "many-10 and 10 more." in told
    assert "many-11" not in told


def test_a_name_in_the_sentence_is_text(through_two: Team, stranger: Client) -> None:
    Machine.objects.filter(name="db").update(name="<b>db")
    assert "&lt;b&gt;db, web" in text(stranger.get(f"/teams/{through_two.pk}/leave/"))
