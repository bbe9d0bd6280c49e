"""The demo's people differ in what they may do, and every word that is said of them is so."""

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User

from tests.rows import give_machine, give_token
from vps.access import OWNER, right_of
from vps.models import Member, Role
from vps.services.cast import CAST, make_lead, make_teams

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-battery"


def test_three_people_in_two_teams_have_different_rights() -> None:
    lead = make_lead(PASSWORD)
    token = give_token(lead)
    shop, office, lab = (
        give_machine(token, machine={"project": name}) for name in ("prj-s", "prj-o", "prj-l")
    )
    make_teams(lead, token, "prj-s", "prj-o")
    people = {user.username: user for user in User.objects.all()}
    rights = {
        name: [right_of(user, machine) for machine in (shop, office, lab)] for name, user in people.items()
    }
    assert rights == {
        "demo": [OWNER, OWNER, OWNER],
        "olga": [Role.OPERATOR, Role.ADMIN, 0],
        "vic": [Role.VIEWER, Role.OPERATOR, 0],
    }
    assert [name for name, user in people.items() if user.is_superuser] == ["demo"]
    assert {part.name for part in CAST} == set(people)
    for name in people:
        assert authenticate(None, username=name, password=PASSWORD) == people[name]
    told = {
        (member.person.username, member.team.name): Role(member.role).label for member in Member.objects.all()
    }
    for part in CAST:
        assert f"{told[part.name, 'Shop']}" in str(part.told)
