"""The pages of a sign-in link: the key is exchanged at once, a password is chosen, and one is signed in."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from tests.accounts.factor_kit import AUTHENTICATE, code, half_way, is_in, type_code
from tests.conftest import PASSWORD
from tests.factor_rows import give_app
from tests.people_kit import key_of, lines, path_of
from vps.access import SHELL
from vps.services.link_keys import Secret
from vps.services.people import disable_person, reset_person

SET = "/accounts/link/"
NEW = {"new_password1": "another-battery-staple", "new_password2": "another-battery-staple"}


@pytest.fixture
def link(anna: User) -> Secret:
    return reset_person(SHELL, anna.pk)


def is_over(client: Client, address: str = SET) -> bool:
    answer = client.get(address)
    return answer.status_code == 404 and "This link is over" in answer.content.decode()


def test_the_key_leaves_the_address_at_once_and_stands_nowhere_else(client: Client, link: Secret) -> None:
    answer = client.get(path_of(link))
    assert (answer.status_code, answer["Location"]) == (302, SET)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    held = repr([row.get_decoded() for row in Session.objects.all()])
    page = client.get(SET)
    assert "Hello, anna" in page.content.decode()
    assert (page["Referrer-Policy"], "no-store" in page["Cache-Control"]) == ("same-origin", True)
    for said in (held, page.content.decode(), client.cookies.output()):
        assert key_of(link) not in said


def test_looking_uses_nothing_up(client: Client, link: Secret) -> None:
    """Those who preview links in messages do."""
    for look in (client.get, client.head, client.get):
        assert look(path_of(link)).status_code == 302
        assert look(SET).status_code == 200
    assert client.post(SET, NEW)["Location"] == "/"


def test_who_chose_a_password_is_signed_in_with_it_and_the_link_is_over(
    client: Client, anna: User, link: Secret
) -> None:
    client.get(path_of(link))
    before = client.session.session_key
    assert client.post(SET, NEW)["Location"] == "/"
    assert client.get("/").status_code == 200
    assert client.session.session_key != before
    anna.refresh_from_db()
    assert anna.check_password("another-battery-staple")
    assert is_over(client)
    assert is_over(client, path_of(link))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"new_password1": "short", "new_password2": "short"}, "This password is too short."),
        ({"new_password2": "something-else-altogether"}, "The two password fields didn’t match."),
        ({"new_password1": "a" * 4097, "new_password2": "a" * 4097}, "at most 4096 characters"),
        ({"new_password1": "", "new_password2": ""}, "This field is required."),
    ],
)
def test_a_password_that_will_not_do_uses_nothing_up(
    client: Client, anna: User, link: Secret, typed: dict[str, str], sentence: str
) -> None:
    client.get(path_of(link))
    page = client.post(SET, NEW | typed).content.decode()
    assert sentence in page
    assert "another-battery" not in page
    assert client.post(SET, NEW)["Location"] == "/"


def test_an_unknown_key_gets_one_sentence_and_no_session(client: Client, db: None) -> None:
    for key in ("x" * 43, "-" * 20, "7" * 64):
        assert is_over(client, f"{SET}{key}/")
    for no_key in ("a", "x" * 65, "..", "%00", "🦊", "a/b", "%2e%2e%2f"):
        assert client.get(f"{SET}{no_key}/").status_code == 404
    assert is_over(client)
    assert client.post(SET, NEW).status_code == 404
    assert Session.objects.count() == 0
    assert not client.cookies.get("sessionid")


def test_what_happens_meanwhile_counts(client: Client, anna: User, link: Secret) -> None:
    client.get(path_of(link))
    disable_person(SHELL, anna.pk)
    assert client.post(SET, NEW).status_code == 404
    anna.refresh_from_db()
    assert not anna.has_usable_password()


def test_who_was_signed_in_as_another_is_out_of_that(
    client: Client, anna: User, link: Secret, person: Callable[..., User]
) -> None:
    client.force_login(person("bert"))
    theirs = client.session.session_key
    client.get(path_of(link))
    client.post(SET, NEW)
    assert client.session["_auth_user_id"] == str(anna.pk)
    assert not Session.objects.filter(session_key=theirs).exists()


def test_who_is_signed_in_and_only_looks_stays_signed_in_and_listed(
    client: Client, link: Secret, person: Callable[..., User]
) -> None:
    person("bert")
    client.post("/accounts/login/", {"login": "bert", "password": PASSWORD})
    client.get(path_of(link))
    assert "Hello, anna" in client.get(SET).content.decode()
    assert "1 session" in client.get("/accounts/sessions/").content.decode()
    assert client.session.get_expiry_age() == 14 * 24 * 3600


def test_a_press_without_the_csrf_token_changes_nothing(anna: User, link: Secret) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(path_of(link))
    assert client.post(SET, NEW).status_code == 403
    anna.refresh_from_db()
    assert not anna.has_usable_password()


def test_other_methods_are_refused(client: Client, link: Secret) -> None:
    assert client.post(path_of(link)).status_code == 405
    client.get(path_of(link))
    assert client.put(SET).status_code == 405


def test_the_old_password_is_no_way_in(client: Client, link: Secret) -> None:
    client.post("/accounts/login/", {"login": "anna", "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_who_has_a_second_factor_is_asked_for_it(client: Client, anna: User, link: Secret) -> None:
    give_app(anna)
    client.get(path_of(link))
    assert client.post(SET, NEW)["Location"] == AUTHENTICATE
    assert not is_in(client)
    type_code(client, code())
    assert is_in(client)
    assert [known for known, _by, _who in lines("signin")] == ["signin.password_changed", "signin.succeeded"]


def test_who_was_half_way_in_when_the_sign_in_was_reset_gets_no_further(anna: User) -> None:
    """The password was right once; it is none any more."""
    give_app(anna)
    late = half_way()
    reset_person(SHELL, anna.pk)
    type_code(late, code())
    assert not is_in(late)


def test_who_was_half_way_in_when_disabled_gets_no_further(anna: User) -> None:
    give_app(anna)
    late = half_way()
    disable_person(SHELL, anna.pk)
    type_code(late, code())
    assert not is_in(late)


def test_a_session_that_only_holds_a_link_lasts_an_hour(client: Client, link: Secret, anna: User) -> None:
    client.get(path_of(link))
    assert client.session.get_expiry_age() == 3600
    client.post(SET, NEW)
    assert client.session.get_expiry_age() == 14 * 24 * 3600
