"""Mistakes of a deployment that show before the first request."""

from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings

from dashboard import caches as ours
from tests.test_settings import GOOD
from vps import checks


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
        ({"VPS_CONSOLE_URL": "wss://{project}.example.org/{product}/{ticket}"}, "vps.E005"),
        ({"VPS_CONSOLE_URL": "wss://vnc.example.org;x/{project}/{product}/{ticket}"}, "vps.E005"),
        ({"VPS_CONSOLE_URL": "wss://vnc.example.org/{project}/{product}/{ticket}/{secret}"}, "vps.E005"),
        ({"VPS_CONSOLE_URL": "ws://vnc.example.org/{project}/{product}/{ticket}"}, "vps.E006"),
        ({"METRICS_TOKEN": "too-short"}, "vps.E007"),
        ({"CACHES": {"default": ours.IN_PROCESS}}, "vps.E008"),
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
    console = f"ws://{host}/{{project}}/{{product}}?t={{ticket}}"
    urls = {"VPS_API_URL": f"http://{host}", "PUBLIC_URL": f"http://{host}", "VPS_CONSOLE_URL": console}
    assert found(settings, **urls) == set()


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")  # it is only read
@pytest.mark.parametrize(
    ("name", "numbers"), [("/srv/panel data/a.sqlite3", {"vps.E009"}), ("/srv/a.sqlite3", set())]
)
def test_sqlite_on_a_network_file_system_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, numbers: set[str]
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\nfiler:/x /srv/panel\\040data nfs4 rw 0 0\n")
    monkeypatch.setattr(checks, "MOUNTS", mounts)
    engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": name}
    assert found(settings, DATABASES={"default": engine}) == numbers
