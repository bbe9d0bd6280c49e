"""What went wrong in comparable panels with second factors; named by what went wrong there."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client

from tests.accounts.factor_kit import AUTHENTICATE, code, half_way, is_in, type_code
from tests.conftest import PASSWORD
from tests.factor_rows import give_app, give_codes, give_passkey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_tries_yet() -> None:
    cache.clear()


def test_a_one_time_code_is_good_once_pterodactyl_2025_69197(anna: User) -> None:
    """Also where no cache remembers it: after a flush, and for another process."""
    give_app(anna)
    typed = code()
    type_code(first := half_way(), typed)
    cache.clear()
    type_code(second := half_way(), typed)
    assert (is_in(first), is_in(second)) == (True, False)


@pytest.mark.django_db(transaction=True)
def test_what_is_checked_is_done_under_the_same_lock_pterodactyl_2025_69198(anna: User) -> None:
    """Who sends the same code in many requests at once gets in by one."""
    give_app(anna)
    typed, clients = code(), [half_way() for _client in range(4)]

    def come(client: Client) -> bool:
        cache.clear()
        try:
            type_code(client, typed)
            return is_in(client)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as crowd:
        assert sum(crowd.map(come, clients)) == 1


@pytest.mark.django_db(transaction=True)
def test_an_app_is_set_up_once_however_often_it_is_pressed_pterodactyl_2025_69198(anna: User) -> None:
    client = Client()
    client.force_login(anna)
    page = client.get("/accounts/2fa/app/add/").content.decode()
    typed = code(page.partition('id="key">')[2].partition("<")[0])

    def press(_number: int) -> int:
        own = Client()
        own.cookies = client.cookies
        try:
            return own.post("/accounts/2fa/app/add/", {"code": typed}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as crowd:
        assert set(crowd.map(press, range(3))) == {302}
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_the_sign_in_page_fills_no_store_of_sessions_horizon_2014_8124(client: Client, anna: User) -> None:
    client.get("/accounts/login/")
    client.get("/accounts/2fa/passkeys/login/", headers={"X-Requested-With": "XMLHttpRequest"})
    client.post("/accounts/2fa/passkeys/login/", {"credential": "{}"})
    client.get(AUTHENTICATE)
    assert Session.objects.count() == 0


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:1"]
)
def test_no_step_of_signing_in_or_confirming_leads_elsewhere_horizon_2020_29565(
    anna: User, target: str
) -> None:
    give_app(anna)
    client = Client()
    client.post("/accounts/login/", {"login": "anna", "password": PASSWORD, "next": target})
    answers = [client.post(AUTHENTICATE, {"code": code(), "next": target})]
    confirm = "/accounts/2fa/reauthenticate/"
    answers.append(client.post(confirm, {"code": code(later=1), "next": target}))
    answers.append(client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": target}))
    give_passkey(anna)
    answers.append(
        client.post("/accounts/2fa/passkeys/reauthenticate/", {"credential": "{}", "next": target})
    )
    for answer in answers:
        assert answer.status_code == 302
        gone_to = urlsplit(urljoin("http://testserver/", answer["Location"].replace("\\", "/")))
        assert gone_to.netloc == "testserver"


def test_who_is_half_signed_in_has_nothing_of_a_session(anna: User) -> None:
    give_app(anna)
    give_codes(anna)
    client = half_way()
    for path in (
        "/",
        "/tokens/",
        "/accounts/2fa/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/password/change/",
    ):
        assert client.get(path)["Location"].startswith("/accounts/login/?next=")
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/"})[
        "Location"
    ].startswith("/accounts/login/")
