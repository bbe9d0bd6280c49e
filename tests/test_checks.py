"""Mistakes of a deployment that show before the first request."""

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings

from tests.test_settings import GOOD


def found(settings: Settings, **changed: object) -> set[str | None]:
    settings.DEBUG = False
    for name, value in changed.items():
        setattr(settings, name, value)
    return {message.id for message in run_checks() if message.id and message.id.startswith("vps.")}


def test_the_tests_own_settings_have_no_mistakes(settings: Settings) -> None:
    assert found(settings) == set()


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({"TOKEN_KEYS": ["short"]}, "vps.E001"),
        ({"TOKEN_KEYS": ["+/" * 22]}, "vps.E001"),
        ({"TOKEN_KEYS": [GOOD["TOKEN_KEYS"]] * 2}, "vps.E002"),
        ({"VPS_API_URL": "http://api.example.org"}, "vps.E003"),
        ({"VPS_CONSOLE_URL": "wss://vnc.example.org/{project}/{product}"}, "vps.E004"),
        ({"PUBLIC_URL": "http://panel.example.org"}, "vps.W001"),
    ],
)
def test_a_mistake_is_found(settings: Settings, changed: dict[str, object], number: str) -> None:
    assert found(settings, **changed) == {number}


@pytest.mark.parametrize(
    ("url", "proxies", "numbers"),
    [
        ("https://panel.example.org", 0, {"vps.W003"}),
        ("https://panel.example.org", 1, set()),
        ("http://localhost:8000", 0, set()),
    ],
)
def test_https_without_a_proxy_is_found_before_deployment(
    settings: Settings, url: str, proxies: int, numbers: set[str]
) -> None:
    settings.DEBUG, settings.PUBLIC_URL, settings.TRUSTED_PROXIES = False, url, proxies
    said = {message.id for message in run_checks(tags=["urls"], include_deployment_checks=True)}
    assert {number for number in said if str(number).startswith("vps.W003")} == numbers


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:9", "api.localhost"])
def test_plain_http_to_this_machine_is_no_mistake(settings: Settings, host: str) -> None:
    assert found(settings, VPS_API_URL=f"http://{host}", PUBLIC_URL=f"http://{host}") == set()
