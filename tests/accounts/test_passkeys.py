"""Passkeys, in a browser that has an authenticator of its own: added, signed in with, used as a second factor."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.accounts.factor_kit import AUTHENTICATE, code
from tests.barriers import barriers
from tests.conftest import PASSWORD
from tests.factor_rows import give_app
from vps.models import AuditEvent

LOGIN = "/accounts/2fa/passkeys/login/"
FETCH: dict[str, Any] = {"headers": {"X-Requested-With": "XMLHttpRequest"}}


def with_authenticator(context: BrowserContext) -> Page:
    """A page whose browser holds passkeys, and says yes to each question."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def sign_in(page: Page, url: str, path: str = "/accounts/2fa/") -> None:
    page.goto(f"{url}{path}")
    page.get_by_label("Name or e-mail").fill("anna")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_passkey_is_added_and_then_signs_in_confirms_and_is_a_second_factor(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, anna: User
) -> None:
    url = live_server.url.replace("127.0.0.1", "localhost")
    page = with_authenticator(new_context())
    sign_in(page, url)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("laptop")
    found = barriers(page)
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.get_by_text("The passkey is added.")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("link", name="Remove laptop")).to_be_visible()
    found += barriers(page)

    sign_out(page, url)
    page.goto(f"{url}/accounts/sessions/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Your sessions")).to_be_visible()

    sign_out(page, url)
    sign_in(page, url, "/accounts/sessions/")
    expect(page.get_by_role("heading", name="Now your second factor")).to_be_visible()
    found += barriers(page)
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page.get_by_role("heading", name="Your sessions")).to_be_visible()

    page.goto(f"{url}/accounts/2fa/passkeys/reauthenticate/?next=/accounts/sessions/")
    found += barriers(page)
    page.get_by_role("button", name="Use the passkey").click()
    expect(page.get_by_role("heading", name="Your sessions")).to_be_visible()
    assert found == []
    means = (
        AuditEvent.objects.filter(code="signin.succeeded")
        .order_by("pk")
        .values_list("detail__method", flat=True)
    )
    assert list(means) == ["password", "passkey", "password and passkey"]
    assert AuditEvent.objects.get(code="signin.factor_added").detail == {"method": "passkey"}


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_without_a_passkey_the_page_says_so_and_the_app_will_do(
    page: Page, live_server: LiveServer, anna: User
) -> None:
    give_app(anna)
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("passkey")
    sign_in(page, live_server.url, "/accounts/sessions/")
    page.get_by_label("Code").fill(code())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your sessions")).to_be_visible()


HOSTILE = [
    "",
    "null",
    "[]",
    "{}",
    "1",
    '"x"',
    "{",
    json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}}),
    json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {"userHandle": "MQ"}}),
    json.dumps(
        {
            "id": "AAAA",
            "rawId": "AAAA",
            "type": "public-key",
            "response": {
                "clientDataJSON": "e30",
                "authenticatorData": "AAAA",
                "signature": "AAAA",
                "userHandle": "MQ",
            },
        }
    ),
    "[" * 10_000,
]


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_passkey_signs_nobody_in(client: Client, anna: User, typed: str) -> None:
    client.get(LOGIN, **FETCH)
    answer = client.post(LOGIN, {"credential": typed})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_passkey_is_refused_as_a_factor_and_added_by_nobody(
    signed_in: Client, anna: User, typed: str
) -> None:
    signed_in.get("/accounts/2fa/passkeys/add/")
    assert signed_in.post("/accounts/2fa/passkeys/add/", {"credential": typed}).status_code == 200
    assert not Authenticator.objects.exists()
    give_app(anna)
    client = Client()
    client.post("/accounts/login/", {"login": "anna", "password": PASSWORD})
    assert client.post(AUTHENTICATE, {"credential": typed}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_asking_for_a_passkey_leaves_no_session_behind(client: Client, anna: User) -> None:
    assert client.get(LOGIN)["Location"] == "/accounts/login/"
    assert "request_options" in client.get(LOGIN, **FETCH).json()
    cookie = client.cookies["passkey_question"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (LOGIN, True, "Strict")
    assert (cookie["max-age"], Session.objects.count()) == (300, 0)
    client.post(LOGIN, {"credential": "{}"})
    assert client.cookies["passkey_question"].value == ""
    client.post("/accounts/login/", {"login": "anna", "password": PASSWORD})
    assert client.session.get_expiry_age() == 14 * 24 * 3600


def test_a_flood_of_questions_is_refused(client: Client, anna: User) -> None:
    answers = [Client().get(LOGIN, **FETCH).status_code for _ask in range(11)]
    assert answers == [200] * 10 + [429]
    assert Session.objects.count() == 0
