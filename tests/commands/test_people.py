"""`manage.py person_create`, `person_disable`, `person_enable` and `person_reset`."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from tests.conftest import PASSWORD
from tests.factor_rows import give_app
from tests.people_kit import lines
from tests.rows import give_team

pytestmark = pytest.mark.django_db
NEW = {"new_password1": "another-battery-staple", "new_password2": "another-battery-staple"}


def run(*words: str) -> str:
    said = StringIO()
    call_command(*words, stdout=said)
    return said.getvalue().strip()


def sign_in_by(link: str) -> bool:
    client = Client()
    client.get(link.removeprefix("http://localhost:8000"))
    client.post("/accounts/link/", NEW)
    return client.get("/").status_code == 200


def test_the_first_admin_is_made_by_a_command_and_signs_in_by_its_link() -> None:
    link = run("person_create", "root", "--email", "root@example.org", "--admin")
    assert sign_in_by(link)
    assert User.objects.get().is_superuser
    assert lines("person") == [
        ("person.created", "", "root"),
        ("person.link_made", "", "root"),
        ("person.admin", "", "root"),
    ]


def test_who_is_locked_out_gets_a_link_an_admin_too(person: Callable[..., User]) -> None:
    give_app(person("root", is_superuser=True))
    assert sign_in_by(run("person_reset", "root", "--forget-factors"))
    assert not User.objects.get().check_password(PASSWORD)
    assert ("person.factors_forgotten", "", "root") in lines()


def test_a_person_is_disabled_and_enabled(anna: User) -> None:
    assert run("person_disable", "anna") == "Disabled."
    assert not User.objects.get().is_active
    assert run("person_enable", "anna") == "Enabled."
    assert User.objects.get().is_active


def test_it_says_which_teams_have_no_active_admin_then(anna: User) -> None:
    give_team("Shop", admin=anna)
    assert run("person_disable", "anna") == "Disabled.\nWithout an active admin now: Shop."
    assert run("person_disable", "anna") == "Disabled."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["person_disable", "nobody"], "Nobody has that name."),
        (["person_enable", "nobody"], "Nobody has that name."),
        (["person_reset", "nobody"], "Nobody has that name."),
        (["person_disable", "root"], "They are the last admin"),
        (["person_reset", "olga"], "They are disabled."),
        (["person_create", "Root"], "Somebody signs in by that already."),
        (["person_create", "no name"], "Enter a valid username."),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    person: Callable[..., User], words: list[str], sentence: str
) -> None:
    person("root", is_superuser=True)
    person("olga", is_active=False)
    with pytest.raises(CommandError, match=sentence):
        run(*words)
    assert lines() == []
