"""The browsers in which somebody is signed in: seen, ended, and out at the next request."""

from collections.abc import Callable

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tests.conftest import PASSWORD

SESSIONS = "/accounts/sessions/"
OUT = "/accounts/login/?next=/accounts/sessions/"


def browser_of(name: str, agent: str) -> Client:
    client = Client(headers={"User-Agent": agent})
    client.post("/accounts/login/", {"login": name, "password": PASSWORD})
    return client


@pytest.fixture
def laptop(anna: User) -> Client:
    return browser_of("anna", "Laptop")


@pytest.fixture
def phone(anna: User) -> Client:
    return browser_of("anna", "Phone <b>bold</b>")


def is_out(client: Client) -> bool:
    answer = client.get(SESSIONS)
    return answer.status_code == 302 and answer["Location"] == OUT


def end_address(agent: str) -> str:
    return f"{SESSIONS}{UserSession.objects.get(user_agent__startswith=agent).pk}/end/"


def test_one_sees_ones_own_browsers_as_text(
    laptop: Client, phone: Client, person: Callable[..., User]
) -> None:
    person("eve")
    browser_of("eve", "Evil")
    page = laptop.get(SESSIONS).content.decode()
    assert "2 sessions" in page
    assert "Phone &lt;b&gt;bold&lt;/b&gt;" in page
    assert "this browser" in page
    assert "Evil" not in page


def test_an_ended_browser_is_out_at_its_next_request(laptop: Client, phone: Client) -> None:
    assert laptop.post(end_address("Phone"))["Location"] == SESSIONS
    assert is_out(phone)
    assert not is_out(laptop)


def test_all_others_are_ended_at_once(laptop: Client, phone: Client) -> None:
    page = laptop.post(SESSIONS, follow=True).content.decode()
    assert "All other sessions are ended." in page
    assert "1 session" in page
    assert is_out(phone)
    assert not is_out(laptop)


def test_somebody_elses_session_is_not_there(laptop: Client, person: Callable[..., User]) -> None:
    person("eve")
    eve = browser_of("eve", "Evil")
    assert eve.post(end_address("Laptop")).status_code == 404
    assert not is_out(laptop)


def test_ending_is_never_done_by_a_link(laptop: Client, phone: Client) -> None:
    assert laptop.get(end_address("Phone")).status_code == 405
    assert not is_out(phone)


def test_a_stranger_is_sent_to_sign_in(client: Client, phone: Client) -> None:
    assert client.post(end_address("Phone"))["Location"].startswith("/accounts/login/")
    assert not is_out(phone)


def test_a_changed_password_ends_the_other_browsers(laptop: Client, phone: Client) -> None:
    fresh = "another-battery-staple"
    typed = {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh}
    page = laptop.post("/accounts/password/change/", typed, follow=True).content.decode()
    assert "The password is changed." in page
    assert is_out(phone)
    assert not is_out(laptop)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"oldpassword": "wrong"}, "Please type your current password."),
        ({"password1": "short", "password2": "short"}, "This password is too short."),
        (
            {"password1": "123456789012345", "password2": "123456789012345"},
            "This password is entirely numeric.",
        ),
        ({"password2": "not-the-same-thing"}, "You must type the same password each time."),
    ],
)
def test_a_password_that_will_not_do_is_refused_beside_its_field(
    laptop: Client, anna: User, typed: dict[str, str], sentence: str
) -> None:
    good = {
        "oldpassword": PASSWORD,
        "password1": "another-battery-staple",
        "password2": "another-battery-staple",
    }
    page = laptop.post("/accounts/password/change/", good | typed).content.decode()
    assert sentence in page
    assert "another-battery" not in page
    anna.refresh_from_db()
    assert anna.check_password(PASSWORD)


def test_a_disabled_person_is_out_at_the_next_request(laptop: Client, anna: User) -> None:
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert is_out(laptop)


def test_confirming_the_password_is_asked_for_and_checked(laptop: Client) -> None:
    page = laptop.get("/accounts/reauthenticate/").content.decode()
    assert "Your password, once more" in page
    answer = laptop.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert "Incorrect password." in answer.content.decode()
    assert (
        laptop.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": SESSIONS})["Location"]
        == SESSIONS
    )


def test_confirming_a_password_that_is_then_stored_anew_signs_nobody_out(
    anna: User, client: Client, settings: Settings
) -> None:
    """As after an update that makes its hash stronger."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    weak = PBKDF2PasswordHasher().encode(PASSWORD, "salt", 1)
    User.objects.filter(pk=anna.pk).update(password=weak)
    anna.refresh_from_db()
    client.force_login(anna)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": SESSIONS})
    anna.refresh_from_db()
    assert anna.password != weak
    assert not is_out(client)
