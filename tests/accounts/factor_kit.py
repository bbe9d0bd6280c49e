"""What the tests of second factors share: somebody who is half signed in, and the codes that are good now."""

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.http import HttpResponse
from django.test import Client

from tests.conftest import PASSWORD
from tests.factor_rows import SEED

AUTHENTICATE = "/accounts/2fa/authenticate/"


def code(seed: str = SEED, later: int = 0) -> str:
    """The code that an app shows now, or `later` times half a minute."""
    return str(format_hotp_value(hotp_value(seed, int(time.time()) // 30 + later)))


def half_way(name: str = "anna") -> Client:
    """Who has typed the password, and is asked for the second factor."""
    client = Client()
    answer = client.post("/accounts/login/", {"login": name, "password": PASSWORD, "next": "/tokens/"})
    assert answer["Location"] == AUTHENTICATE, answer["Location"]
    return client


def type_code(client: Client, typed: str) -> HttpResponse:
    return client.post(AUTHENTICATE, {"code": typed})  # type: ignore[return-value]


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session
