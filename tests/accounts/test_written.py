"""The audit lines of signing in, of passwords and of sessions."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from tests.accounts.test_sessions import browser_of, end_address
from tests.conftest import PASSWORD
from vps.models import AuditEvent

LOGIN = "/accounts/login/"
CHANGE = "/accounts/password/change/"
NEW = {"oldpassword": PASSWORD, "password1": "another-battery-staple", "password2": "another-battery-staple"}


def told() -> list[tuple[str, str, dict[str, Any]]]:
    return [(line.code, line.person, line.detail) for line in AuditEvent.objects.order_by("pk")]


def test_signing_in_is_written_once(client: Client, anna: User) -> None:
    client.post(LOGIN, {"login": "ANNA@example.org", "password": PASSWORD})
    assert told() == [("signin.succeeded", "anna", {"address": "127.0.0.1", "method": "password"})]


@pytest.mark.parametrize("login", ["anna", "Anna", "anna@example.org"])
def test_a_wrong_password_is_written_under_the_name_that_was_meant(
    client: Client, anna: User, login: str
) -> None:
    client.post(LOGIN, {"login": login, "password": "a-wrong-password"})
    assert told() == [("signin.failed", "anna", {"address": "127.0.0.1"})]
    assert AuditEvent.objects.get().outcome == "failed"


def test_what_was_typed_is_not_written_where_nobody_has_that_name(client: Client, anna: User) -> None:
    """People type their password into the field of the name."""
    for typed in (PASSWORD, f"{PASSWORD}@example.org"):
        client.post(LOGIN, {"login": typed, "password": "x"})
    assert told() == [("signin.failed", "", {"address": "127.0.0.1"})] * 2
    assert PASSWORD not in repr(list(AuditEvent.objects.values()))


def test_tries_beyond_the_limit_write_nothing(client: Client, anna: User) -> None:
    for _ in range(12):
        client.post(LOGIN, {"login": "anna", "password": "wrong"})
    assert AuditEvent.objects.count() == 5


def test_a_disabled_person_who_tries_is_written_down(client: Client, person: Callable[..., User]) -> None:
    person("olga", is_active=False)
    client.post(LOGIN, {"login": "olga", "password": PASSWORD})
    assert told() == [("signin.failed", "olga", {"address": "127.0.0.1"})]


def test_who_cannot_be_written_down_is_not_signed_in(anna: User) -> None:
    client = Client(raise_request_exception=False)
    with mock.patch("vps.accounts.written.record", side_effect=RuntimeError("the disk is full")):
        answer = client.post(LOGIN, {"login": "anna", "password": PASSWORD})
    assert answer.status_code == 500
    assert "sessionid" not in client.cookies


def test_a_changed_password_is_written_with_the_sessions_that_it_ended(anna: User) -> None:
    laptop, _phone = browser_of("anna", "Laptop"), browser_of("anna", "Phone")
    laptop.post(CHANGE, NEW)
    assert told()[-1] == ("signin.password_changed", "anna", {"sessions": 1})
    assert Session.objects.count() == 1
    assert laptop.get("/").status_code == 200


def test_who_is_disabled_while_they_change_the_password_stays_disabled(anna: User) -> None:
    """The page read the person before; saving all of them would enable them again."""
    laptop = browser_of("anna", "Laptop")

    def disabled_meanwhile(password: str) -> str:
        User.objects.filter(pk=anna.pk).update(is_active=False)
        return f"md5$x${password}"

    with mock.patch("vps.accounts.adapter.make_password", disabled_meanwhile):
        assert laptop.post(CHANGE, NEW).status_code == 403
    anna.refresh_from_db()
    assert not anna.is_active
    assert anna.check_password(PASSWORD)


def test_who_is_reset_while_they_change_the_password_stays_reset(anna: User) -> None:
    laptop = browser_of("anna", "Laptop")

    def reset_meanwhile(password: str) -> str:
        User.objects.filter(pk=anna.pk).update(password="!reset")
        return f"md5$x${password}"

    with mock.patch("vps.accounts.adapter.make_password", reset_meanwhile):
        assert laptop.post(CHANGE, NEW).status_code == 403
    anna.refresh_from_db()
    assert anna.password == "!reset"


def test_ending_browsers_is_written(anna: User) -> None:
    laptop = browser_of("anna", "Laptop")
    for name in ("Phone", "Tablet", "Desk"):
        browser_of("anna", name)
    laptop.post(end_address("Phone"))
    laptop.post("/accounts/sessions/")
    laptop.post("/accounts/sessions/")
    assert [line for line in told() if "session" in line[0]] == [
        ("signin.sessions_ended", "anna", {"sessions": 1}),
        ("signin.sessions_ended", "anna", {"sessions": 2}),
    ]
