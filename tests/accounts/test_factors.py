"""Second factors: adding and removing them, what that ends, and what is written down of it."""

import html
import re
from collections.abc import Callable
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import Client

from tests.accounts.factor_kit import code, half_way, is_in, type_code
from tests.accounts.test_sessions import browser_of, is_out
from tests.conftest import PASSWORD, forget_who_it_is
from tests.factor_rows import give_app, give_codes
from vps.models import AuditEvent

FACTORS = "/accounts/2fa/"
ADD = f"{FACTORS}app/add/"
REMOVE = f"{FACTORS}app/remove/"
CODES = f"{FACTORS}recovery-codes/"
PAGES = [ADD, REMOVE, CODES, f"{CODES}renew/", f"{FACTORS}passkeys/add/"]


def key_of(page: str) -> str:
    (found,) = re.findall(r'id="key">([A-Z2-7]{32})<', page)
    return str(found)


def lines() -> list[tuple[str, str, str]]:
    events = AuditEvent.objects.filter(code__startswith="signin.").order_by("pk")
    return [(event.code, event.person, event.detail.get("method", "")) for event in events]


def set_up(client: Client) -> str:
    key = key_of(client.get(ADD).content.decode())
    answer = client.post(ADD, {"code": code(key)})
    assert (answer.status_code, answer["Location"]) == (302, CODES)
    return key


def test_who_is_not_signed_in_goes_to_the_sign_in_page(client: Client, db: None) -> None:
    for page in (FACTORS, *PAGES):
        assert client.get(page)["Location"] == f"/accounts/login/?next={page}"


def test_an_app_is_set_up_with_its_first_code(signed_in: Client, anna: User) -> None:
    answer = signed_in.get(ADD)
    page = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert '<svg class="qr"' in page
    assert "style=" not in page
    key = set_up(signed_in)
    shown = signed_in.get(CODES).content.decode()
    codes = re.findall(r"<li>(\d{8})</li>", shown)
    assert len(codes) == 10
    listed = signed_in.get(FACTORS).content.decode()
    assert "10 left" in listed
    for secret in (key, *codes):
        assert secret not in listed
    type_code(client := half_way(), code(key, later=1))
    assert is_in(client)
    type_code(other := half_way(), codes[0])
    assert is_in(other)
    assert [line for line in lines() if "factor" in line[0] or "codes" in line[0]] == [
        ("signin.factor_added", "anna", "totp"),
        ("signin.recovery_codes_made", "anna", "recovery"),
    ]


def test_its_first_code_is_used_up_by_that(signed_in: Client, anna: User) -> None:
    key = key_of(signed_in.get(ADD).content.decode())
    typed = code(key)
    signed_in.post(ADD, {"code": typed})
    type_code(client := half_way(), typed)
    assert not is_in(client)


def test_a_wrong_code_sets_nothing_up_and_the_key_stays(signed_in: Client) -> None:
    key = key_of(signed_in.get(ADD).content.decode())
    page = signed_in.post(ADD, {"code": "000000"}).content.decode()
    assert "That was not accepted." in html.unescape(page)
    assert key_of(page) == key
    assert not Authenticator.objects.exists()


def test_the_key_is_nowhere_in_clear_while_it_waits_or_later(signed_in: Client) -> None:
    key = key_of(signed_in.get(ADD).content.decode())
    assert key not in repr([row.get_decoded() for row in Session.objects.all()])
    signed_in.post(ADD, {"code": code(key)})
    assert key not in repr([row.get_decoded() for row in Session.objects.all()])
    assert key not in repr(list(Authenticator.objects.values()))


def test_each_look_shows_another_key(signed_in: Client) -> None:
    assert len({key_of(signed_in.get(ADD).content.decode()) for _look in range(3)}) == 3


@pytest.mark.parametrize(
    ("page", "method"),
    [(page, method) for page in PAGES for method in ("get", "post") if (page, method) != (CODES, "post")],
)
def test_each_of_these_pages_first_asks_who_it_is_and_keeps_nothing(
    signed_in: Client, anna: User, page: str, method: str
) -> None:
    give_app(anna)
    give_codes(anna)
    before = list(Authenticator.objects.values())
    forget_who_it_is(signed_in)
    answer = getattr(signed_in, method)(page, {"code": "typed-with-it", "credential": "typed-with-it"})
    assert answer.status_code == 302
    gate = urlsplit(answer["Location"])
    assert (gate.path, parse_qs(gate.query)) == ("/accounts/reauthenticate/", {"next": [page]})
    assert "typed-with-it" not in repr([row.get_decoded() for row in Session.objects.all()])
    back = signed_in.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": page})
    assert back["Location"] == page
    assert list(Authenticator.objects.values()) == before


def test_any_factor_that_one_has_will_do(signed_in: Client, anna: User) -> None:
    give_app(anna)
    forget_who_it_is(signed_in)
    asked = signed_in.get(f"/accounts/reauthenticate/?next={REMOVE}").content.decode()
    assert f"/accounts/2fa/reauthenticate/?next={html.escape(REMOVE)}".replace("/", "%2F") in asked.replace(
        "/", "%2F"
    )
    assert "Use a passkey" not in asked
    signed_in.post("/accounts/2fa/reauthenticate/", {"code": code(), "next": REMOVE})
    assert signed_in.get(REMOVE).status_code == 200


def test_removing_asks_and_the_last_one_takes_the_recovery_codes_along(signed_in: Client, anna: User) -> None:
    give_app(anna)
    give_codes(anna)
    assert "Remove the app?" in signed_in.get(REMOVE).content.decode()
    assert Authenticator.objects.count() == 2
    signed_in.post(REMOVE)
    assert not Authenticator.objects.exists()
    assert lines() == [("signin.factor_removed", "anna", "totp")]
    assert is_in(browser_of("anna", "Laptop"))


@pytest.mark.parametrize("change", ["added", "removed"])
def test_a_changed_factor_ends_the_other_browsers(anna: User, change: str) -> None:
    laptop, phone = browser_of("anna", "Laptop"), browser_of("anna", "Phone")
    if change == "added":
        set_up(laptop)
    else:
        give_app(anna)
        laptop.post(REMOVE)
    assert is_out(phone)
    assert not is_out(laptop)
    assert AuditEvent.objects.get(code="signin.sessions_ended").detail == {"sessions": 1}


def test_new_recovery_codes_end_the_old_ones(signed_in: Client, anna: User) -> None:
    give_app(anna)
    old = give_codes(anna)
    signed_in.post(f"{CODES}renew/")
    new = re.findall(r"<li>(\d{8})</li>", signed_in.get(CODES).content.decode())
    assert len(new) == 10
    assert not set(old) & set(new)
    type_code(client := half_way(), old[0])
    assert not is_in(client)
    type_code(client, new[0])
    assert is_in(client)


def test_nobody_sees_or_removes_the_factors_of_others(
    anna: User, person: Callable[..., User], signed_in: Client
) -> None:
    passkey = Authenticator.objects.create(
        user=person("ben"), type="webauthn", data={"name": "bens", "credential": {}}
    )
    give_app(passkey.user)
    assert "None yet" in signed_in.get(FACTORS).content.decode()
    assert signed_in.post(f"{FACTORS}passkeys/{passkey.pk}/remove/").status_code == 404
    assert signed_in.post(REMOVE).status_code == 404
    assert signed_in.get(CODES).status_code == 404
    assert Authenticator.objects.count() == 2


def test_who_is_reset_in_the_middle_of_it_gets_no_new_factor(signed_in: Client, anna: User) -> None:
    """Whoever took the account over may not keep a way in."""
    key = key_of(signed_in.get(ADD).content.decode())

    def reset_meanwhile(request: HttpRequest) -> bool:
        User.objects.filter(pk=anna.pk).update(password="!reset")
        return True

    with mock.patch("vps.accounts.factor_views.confirmed_recently", reset_meanwhile):
        assert signed_in.post(ADD, {"code": code(key)}).status_code == 403
    assert not Authenticator.objects.exists()
