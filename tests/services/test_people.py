"""People are created, disabled, enabled, helped back in, and made admins of the installation."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils.http import int_to_base36

from tests.conftest import PASSWORD
from tests.factor_rows import give_app, give_codes
from tests.people_kit import give_to_team, key_of, lines, open_links
from tests.rows import give_action, give_machine, give_token
from vps.access import machine_readers, visible_machines
from vps.models import AuditEvent, Member, PowerAction, Share, Token
from vps.services import people
from vps.services.signin_links import LinkOver, hash_of, link_person

pytestmark = pytest.mark.django_db
Person = Callable[..., User]


@pytest.fixture
def root(person: Person) -> User:
    return person("root", is_superuser=True)


def test_who_is_created_has_no_password_and_a_link_that_is_stored_hashed(root: User) -> None:
    made, link = people.create_person(root, "bea", "Bea@Example.org")
    assert (made.username, made.email, made.is_superuser) == ("bea", "bea@example.org", False)
    assert not made.has_usable_password()
    assert link.reveal().startswith("http://localhost:8000/accounts/link/")
    assert link_person(hash_of(key_of(link))) == made
    assert lines() == [("person.created", "root", "bea"), ("person.link_made", "root", "bea")]
    assert key_of(link) not in repr(list(AuditEvent.objects.values()))


@pytest.mark.parametrize(
    ("name", "email", "field"),
    [
        ("Anna", "", "name"),
        ("ａnna", "", "name"),
        ("ANNA@example.org", "", "name"),
        ("bea", "anna@EXAMPLE.org", "email"),
        ("bea", "root@example.org", "email"),
    ],
)
def test_nobody_signs_in_by_what_somebody_else_signs_in_by(
    root: User, anna: User, name: str, email: str, field: str
) -> None:
    with pytest.raises(people.NameTaken) as taken:
        people.create_person(root, name, email)
    assert taken.value.field == field
    assert (User.objects.count(), AuditEvent.objects.count()) == (2, 0)


def test_two_people_may_have_no_e_mail(root: User) -> None:
    people.create_person(root, "bea")
    assert people.create_person(root, "cleo")[0].email == ""


def test_the_list_tells_tokens_teams_and_links(root: User, anna: User) -> None:
    token = give_token(anna)
    give_token(anna)
    give_to_team(token, give_machine(token))
    people.reset_person(root, anna.pk)
    row = people.get_person(root, anna.pk)
    assert (row.tokens, row.shares, row.teams, row.second_factor, row.me) == (2, 1, 1, False, False)
    assert row.link_until is not None
    assert [one.name for one in people.list_people(root)] == ["anna", "root"]


def test_a_disabled_person_has_no_session_no_share_and_no_reader(root: User, anna: User, ben: User) -> None:
    browser = Client()
    browser.post("/accounts/login/", {"login": "anna", "password": PASSWORD})
    token = give_token(anna)
    machine = give_machine(token)
    give_to_team(token, machine, ben)
    people.disable_person(root, anna.pk)
    anna.refresh_from_db()
    assert not anna.is_active
    assert (Session.objects.count(), UserSession.objects.count(), Share.objects.count()) == (0, 0, 0)
    assert list(machine_readers()) == []
    assert Token.objects.exists()
    assert lines("share") + lines("person") == [
        ("share.withdrawn", "root", ""),
        ("person.disabled", "root", "anna"),
    ]
    told = AuditEvent.objects.get(code="share.withdrawn")
    assert (told.token, told.token_owner, told.team) == (token.name, "anna", "Ops")
    assert told.detail == {"project": machine.project}
    assert AuditEvent.objects.get(code="person.disabled").detail == {
        "who": "anna",
        "sessions": 1,
        "shares": 1,
    }


def test_what_a_disabled_person_pressed_goes_on(root: User, anna: User) -> None:
    action = give_action(give_machine(give_token(anna)), anna)
    before = PowerAction.objects.values().get(pk=action.pk)
    people.disable_person(root, anna.pk)
    assert PowerAction.objects.values().get(pk=action.pk) == before


def test_enabling_brings_no_share_back_and_memberships_stayed(root: User, anna: User) -> None:
    token = give_token(anna)
    give_to_team(token, give_machine(token))
    people.disable_person(root, anna.pk)
    people.enable_person(root, anna.pk)
    anna.refresh_from_db()
    assert anna.is_active
    assert (Share.objects.count(), Member.objects.count()) == (0, 1)
    assert len(list(machine_readers())) == 1
    assert lines("person")[-1] == ("person.enabled", "root", "anna")


def test_a_share_that_was_just_being_opened_shows_nothing_and_does_not_outlast_it(
    root: User, anna: User, ben: User
) -> None:
    token = give_token(anna)
    machine = give_machine(token)
    people.disable_person(root, anna.pk)
    give_to_team(token, machine, ben)
    assert not visible_machines(ben).exists()
    people.enable_person(root, anna.pk)
    assert not visible_machines(ben).exists()
    assert visible_machines(anna).exists()


def test_disabling_twice_and_enabling_who_is_enabled_writes_nothing(root: User, anna: User) -> None:
    people.enable_person(root, anna.pk)
    assert lines() == []
    people.disable_person(root, anna.pk)
    people.disable_person(root, anna.pk)
    assert len(lines()) == 1


def test_a_reset_ends_password_sessions_and_earlier_links(root: User, anna: User) -> None:
    Client().force_login(anna)
    first = people.reset_person(root, anna.pk)
    people.reset_person(root, anna.pk)
    anna.refresh_from_db()
    assert not anna.check_password(PASSWORD)
    assert Session.objects.count() == 0
    assert open_links(anna) == 1
    with pytest.raises(LinkOver):
        link_person(hash_of(key_of(first)))
    codes = [code for code, _by, _who in lines()]
    assert codes == ["signin.sessions_ended", "person.link_made", "person.link_made"]


def test_a_reset_ends_a_sign_in_that_waits_for_its_second_factor(root: User, anna: User) -> None:
    half_way = Client().session
    half_way["account_login"] = {"user_pk": int_to_base36(anna.pk)}
    half_way.save()
    people.reset_person(root, anna.pk)
    assert not Session.objects.filter(session_key=half_way.session_key).exists()


def test_a_reset_leaves_other_peoples_sessions(root: User, anna: User) -> None:
    Client().force_login(root)
    people.reset_person(root, anna.pk)
    assert Session.objects.count() == 1


def test_factors_are_forgotten_only_if_that_is_wished(root: User, anna: User) -> None:
    give_app(anna)
    give_codes(anna)
    give_app(root)
    people.reset_person(root, anna.pk)
    assert (Authenticator.objects.count(), people.get_person(root, anna.pk).second_factor) == (3, True)
    people.reset_person(root, anna.pk, forget_factors=True)
    assert [factor.user for factor in Authenticator.objects.all()] == [root]
    assert not people.get_person(root, anna.pk).second_factor
    assert lines("person.factors") == [("person.factors_forgotten", "root", "anna")]
    assert lines("signin.factor") == []


def test_recovery_codes_alone_are_no_second_factor(root: User, anna: User) -> None:
    give_codes(anna)
    assert not people.get_person(root, anna.pk).second_factor


def test_nobody_disables_or_resets_themselves(root: User, person: Person) -> None:
    person("other", is_superuser=True)
    with pytest.raises(PermissionDenied, match="You cannot disable yourself"):
        people.disable_person(root, root.pk)
    with pytest.raises(PermissionDenied, match="Change your own password"):
        people.reset_person(root, root.pk)
    assert lines() == []


def test_who_is_disabled_gets_no_link(root: User, anna: User) -> None:
    people.disable_person(root, anna.pk)
    with pytest.raises(PermissionDenied, match="Enable them first"):
        people.reset_person(root, anna.pk)
    assert open_links(anna) == 0


def test_disabling_ends_a_link_for_good(root: User, anna: User) -> None:
    people.reset_person(root, anna.pk)
    people.disable_person(root, anna.pk)
    people.enable_person(root, anna.pk)
    assert open_links(anna) == 0
