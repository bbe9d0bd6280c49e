"""EMAIL_URL: one address for all that sending mail wants to know."""

import pytest

from dashboard.env import Environment, WrongSetting
from dashboard.mail import from_url


def settings(url: str, **more: str) -> dict[str, object]:
    return from_url(Environment({"EMAIL_URL": url, **more}), "EMAIL_URL", "EMAIL_FROM")


def test_without_one_no_mail_is_sent() -> None:
    assert settings("")["EMAIL_HOST"] == ""


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail.example.org", 25, False, False),
        ("smtp+tls://mail.example.org", 587, True, False),
        ("smtps://mail.example.org", 465, False, True),
        ("smtps://mail.example.org:2465", 2465, False, True),
    ],
)
def test_the_scheme_says_how_it_is_encrypted(url: str, port: int, tls: bool, ssl: bool) -> None:
    found = settings(url)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.org", port)
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (tls, ssl)
    assert found["DEFAULT_FROM_EMAIL"] == "vps-dashboard@mail.example.org"


def test_a_password_may_hold_any_letter_and_a_sender_be_named() -> None:
    found = settings("smtp://me%40example.org:p%3A%2Fss@mail.example.org", EMAIL_FROM="panel@example.org")
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@example.org", "p:/ss")
    assert found["DEFAULT_FROM_EMAIL"] == "panel@example.org"


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://mail:port",
        "smtp://mail/box",
        "smtp://mail?x=hush",
    ],
)
def test_another_address_stops_the_start_and_is_not_repeated(url: str) -> None:
    with pytest.raises(WrongSetting, match="EMAIL_URL must be smtp") as refused:
        settings(url)
    assert "hush" not in str(refused.value)
