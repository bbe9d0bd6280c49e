"""Signing in and out, by people and by those who only try."""

from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client

from tests.conftest import PASSWORD

LOGIN = "/accounts/login/"
MISMATCH = "That name and password do not go together. Try again."


def sign_in(client: Client, login: str, password: str = PASSWORD, path: str = LOGIN) -> HttpResponse:
    return client.post(path, {"login": login, "password": password})  # type: ignore[return-value]


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("login", ["anna", "anna@example.org", "ANNA@Example.org", "  anna  "])
def test_a_person_signs_in_by_name_or_by_e_mail(client: Client, anna: User, login: str) -> None:
    answer = sign_in(client, login)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert is_signed_in(client)


@pytest.mark.parametrize("login", ["anna", "anna@example.org", "nobody", "nobody@example.org"])
def test_a_wrong_password_and_an_unknown_name_get_the_same_words(
    client: Client, anna: User, login: str
) -> None:
    answer = sign_in(client, login, "wrong")
    assert MISMATCH in answer.content.decode()
    assert not is_signed_in(client)


def test_what_was_typed_is_kept_except_the_password(client: Client, anna: User) -> None:
    page = sign_in(client, "ann", "my-typed-password").content.decode()
    assert 'value="ann"' in page
    assert "my-typed-password" not in page


def test_a_disabled_person_is_told_so_and_stays_out(client: Client, person: Callable[..., User]) -> None:
    person("olga", is_active=False)
    answer = sign_in(client, "olga")
    assert not is_signed_in(client)
    assert answer["Location"] == "/accounts/inactive/"
    assert "This account is disabled" in client.get("/accounts/inactive/").content.decode()


def test_after_five_wrong_tries_even_the_right_password_waits(client: Client, anna: User) -> None:
    for _ in range(5):
        sign_in(client, "anna", "wrong")
    answer = sign_in(client, "anna")
    assert "Too many wrong tries." in answer.content.decode()
    assert not is_signed_in(client)


def test_wrong_tries_are_counted_per_name_so_that_others_still_get_in(
    client: Client, anna: User, person: Callable[..., User]
) -> None:
    person("bert")
    for _ in range(5):
        sign_in(client, "anna", "wrong")
    sign_in(client, "bert")
    assert is_signed_in(client)


def test_tries_are_counted_per_address_too_whatever_the_names(client: Client, anna: User) -> None:
    for number in range(10):
        sign_in(client, f"name{number}", "wrong")
    assert "Too many wrong tries." in sign_in(client, "another", "wrong").content.decode()


def test_a_made_up_forwarding_header_wins_no_further_tries(client: Client, anna: User) -> None:
    for number in range(10):
        client.post(
            LOGIN,
            {"login": f"name{number}", "password": "x"},
            headers={"X-Forwarded-For": f"10.0.0.{number}"},
        )
    assert "Too many wrong tries." in sign_in(client, "another", "wrong").content.decode()


def test_a_flood_from_one_address_gets_429_with_words(client: Client, db: None) -> None:
    answers = [client.post(LOGIN) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert "Too many tries" in answers[-1].content.decode()


def test_looking_at_the_sign_in_page_and_failing_leaves_no_session_behind(client: Client, anna: User) -> None:
    for _ in range(5):
        client.get(LOGIN)
        sign_in(client, "nobody", "wrong")
    assert Session.objects.count() == 0


@pytest.mark.parametrize(
    "path",
    ["signup/", "password/reset/", "email/", "confirm-email/", "login/code/", "3rdparty/", "signup/passkey/"],
)
def test_nobody_registers_and_no_unused_page_exists(client: Client, db: None, path: str) -> None:
    assert client.get(f"/accounts/{path}").status_code == 404
    assert client.post(f"/accounts/{path}", {"username": "eve", "password1": PASSWORD}).status_code == 404
    assert User.objects.count() == 0


def test_the_sign_in_page_offers_no_registration(client: Client, db: None) -> None:
    page = client.get(LOGIN).content.decode()
    assert "Nobody can register here." in page
    assert "signup" not in page


@pytest.mark.parametrize(
    "target",
    ["/tokens/?q=a&show=b", "/machines/shop/web-01/", "http://testserver/audit/", "http://localhost/audit/"],
)
def test_after_signing_in_one_is_where_one_wanted_to_go(client: Client, anna: User, target: str) -> None:
    answer = client.post(LOGIN, {"login": "anna", "password": PASSWORD, "next": target})
    assert answer["Location"] == target


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://testserver@evil.example/",
        "http://testserver.evil.example/",
        "ftp://testserver/",
        "\thttps://evil.example/",
        "\x00//evil.example/",
        "/\t/evil.example/",
        "%2f%2fevil.example",
    ],
)
def test_no_address_of_somebody_else_is_gone_to_after_signing_in(
    client: Client, anna: User, target: str
) -> None:
    answer = client.post(LOGIN, {"login": "anna", "password": PASSWORD, "next": target})
    as_a_browser_reads_it = answer["Location"].replace("\\", "/")
    gone_to = urlsplit(urljoin("http://testserver/accounts/login/", as_a_browser_reads_it))
    assert (gone_to.scheme, gone_to.netloc) == ("http", "testserver")


def test_a_page_that_needs_signing_in_leads_there_and_back(client: Client, db: None) -> None:
    answer = client.get("/accounts/sessions/?a=1")
    assert answer["Location"] == "/accounts/login/?next=/accounts/sessions/%3Fa%3D1"
    assert 'value="/accounts/sessions/?a=1"' in client.get(answer["Location"]).content.decode()


HOSTILE = [
    "",
    " ",
    "\x00",
    "anna\x00",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}{% debug %}",
    "a" * 100_000,
    "🦊" * 300,
    "\u202eanna",
    "anna\r\nSet-Cookie: a=b",
    "@",
    "a@b@c",
    "@" * 500,
    "../../etc/passwd",
    "%00%s%n",
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_input_is_refused_in_words_and_shown_as_text(client: Client, anna: User, value: str) -> None:
    for login, password in [(value, "x"), ("anna", value), (value, value)]:
        answer = sign_in(client, login, password)
        assert answer.status_code == 200
        page = answer.content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert ">49<" not in page
    assert not is_signed_in(client)


def test_bytes_that_are_no_text_are_refused_in_words(client: Client, anna: User) -> None:
    form = "application/x-www-form-urlencoded"
    answer = client.post(LOGIN, b"login=%ED%A0%80%FF&password=%C3%28", content_type=form)
    assert answer.status_code == 200
    assert MISMATCH in answer.content.decode()


def test_signing_out_needs_a_press_and_ends_the_session_in_the_store(client: Client, anna: User) -> None:
    sign_in(client, "anna")
    assert client.get("/accounts/logout/").status_code == 200
    assert is_signed_in(client)
    answer = client.post("/accounts/logout/")
    assert answer["Location"] == LOGIN
    assert Session.objects.count() == 0


def test_a_press_without_the_csrf_token_does_nothing_and_says_why(anna: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    answer = client.post("/accounts/logout/")
    assert answer.status_code == 403
    assert "This page was too old" in answer.content.decode()
    assert is_signed_in(client)


def test_the_session_lasts_two_weeks_and_polls_do_not_prolong_it(client: Client, anna: User) -> None:
    sign_in(client, "anna")
    before = Session.objects.get().expire_date
    for _ in range(3):
        client.get("/accounts/sessions/", headers={"HX-Request": "true"})
    assert Session.objects.get().expire_date == before
    assert client.session.get_expiry_age() == 14 * 24 * 3600
