"""Settings come from the environment, typed; a wrong or missing one stops the start with one sentence."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard import database
from dashboard.env import Environment, WrongSetting

ROOT = Path(__file__).parent.parent
GOOD = {
    "SECRET_KEY": "s" * 50,
    "TOKEN_KEYS": "dGVzdHMtc2VhbC13aXRoLXRoaXMta2V5LTMyLWJ5dGU=",
    "VPS_API_URL": "https://api.example.org",
    "DATABASE_URL": "sqlite:////tmp/never-opened.sqlite3",
}


def manage(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs manage.py with nothing in its environment but this."""
    known = {"PATH": os.environ["PATH"], **environment}
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=known, capture_output=True, text=True, check=False)


def refused(name: str, value: str) -> str:
    done = manage("check", **{**GOOD, name: value})
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr.strip()


def test_good_settings_start() -> None:
    done = manage("check", **GOOD)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "TOKEN_KEYS", "VPS_API_URL"])
def test_what_has_no_default_is_asked_for_by_name_in_one_line(name: str) -> None:
    said = refused(name, "")
    assert said.startswith("vps-dashboard cannot start: ")
    assert name in said
    assert len(said.splitlines()) == 1


def test_a_wrong_value_is_named_in_one_line() -> None:
    assert refused("DEBUG", "maybe") == "vps-dashboard cannot start: DEBUG must be 1 or 0, not “maybe”."


@pytest.mark.parametrize("command", [["help"], ["makemigrations", "--check"], ["make_key"]])
def test_commands_that_need_no_settings_run_without_any(command: list[str]) -> None:
    done = manage(*command)
    assert done.returncode == 0, done.stderr


def test_a_secret_is_never_part_of_what_is_said() -> None:
    done = manage("check", **{**GOOD, "TOKEN_KEYS": "hush-hush,hush-hush"})
    assert "Key 1 of TOKEN_KEYS is not 32 bytes" in done.stderr
    assert "TOKEN_KEYS holds the same key twice." in done.stderr
    assert "hush" not in done.stderr + done.stdout


# One value at a time ---------------------------------------------------------------------------------


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file\n")
    assert Environment({"KEY_FILE": str(tmp_path / "key")}).secret("KEY") == "from-a-file"


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a")
    with pytest.raises(WrongSetting, match="KEY and KEY_FILE are both set"):
        Environment({"KEY": "b", "KEY_FILE": str(tmp_path / "key")}).secret("KEY")


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_a_secret_file_that_holds_no_text_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    with pytest.raises(WrongSetting, match=r"^KEY_FILE names "):
        Environment({"KEY_FILE": str(tmp_path / "key")}).secret("KEY")


def test_several_keys_are_told_apart_by_commas() -> None:
    assert Environment({"KEYS": " a, b ,,c"}).secret_words("KEYS") == ["a", "b", "c"]
    with pytest.raises(WrongSetting, match="nothing but commas"):
        Environment({"KEYS": ","}).secret_words("KEYS")


@pytest.mark.parametrize(
    ("typed", "meant"), [("1", True), ("TRUE", True), ("on", True), ("0", False), ("", False)]
)
def test_a_flag_is_on_or_off(typed: str, meant: bool) -> None:
    assert Environment({"FLAG": typed}).flag("FLAG") is meant


@pytest.mark.parametrize("typed", ["-1", "11", "1.5", "ten", "1e1", "0x1", "NaN"])
def test_a_number_out_of_bounds_or_none_at_all_is_refused(typed: str) -> None:
    with pytest.raises(WrongSetting, match=r"^N must be a whole number"):
        Environment({"N": typed}).whole("N", 5, 0, 10)


def test_machines_that_nobody_looks_at_are_not_checked_more_often_than_others() -> None:
    assert "VPS_IDLE_INTERVAL must be a number of seconds from 10" in refused("VPS_IDLE_INTERVAL", "9")
    assert settings_under(["VPS_IDLE_INTERVAL"]) == [60.0]
    assert settings_under(["VPS_IDLE_INTERVAL"], VPS_INTERVAL="120") == [120.0]


@pytest.mark.parametrize("typed", ["nan", "inf", "-inf", "0.5", "1e9", "fast"])
def test_seconds_are_finite_and_bounded(typed: str) -> None:
    with pytest.raises(WrongSetting, match=r"^S must be a number of seconds"):
        Environment({"S": typed}).seconds("S", 10.0, 1.0, 3600.0)


def test_an_unset_number_is_its_default() -> None:
    assert Environment({}).whole("N", 5, 0, 10) == 5
    assert Environment({"S": "2.5"}).seconds("S", 10.0, 1.0, 3600.0) == 2.5


@pytest.mark.parametrize(
    "typed",
    [
        "api.example",
        "ftp://api.example",
        "https://",
        "https:///x",
        "https://a:b@c/",
        "https://a b/",
        "https://a:x/",
        "https://@c/",
        "https://:b@c/",
    ],
)
def test_an_address_must_be_one(typed: str) -> None:
    with pytest.raises(WrongSetting, match=r"^U must be an address that starts with https:// or http://"):
        Environment({"U": typed}).url("U", ("https", "http"))


@pytest.mark.parametrize("typed", ["https://a/v1?key=1", "https://a/?", "https://a/#", "https://a#b"])
def test_an_address_below_which_calls_are_made_has_no_query_and_no_fragment(typed: str) -> None:
    with pytest.raises(WrongSetting, match=r"^U must be an address without \? and #\.$"):
        Environment({"U": typed}).url("U", ("https",))


def test_the_address_of_a_console_may_have_a_query() -> None:
    url = "wss://vnc.example/{project}/{product}?ticket={ticket}"
    assert Environment({"U": url}).url("U", ("wss",), query=True) == url
    with pytest.raises(WrongSetting, match=r"without #"):
        Environment({"U": f"{url}#a"}).url("U", ("wss",), query=True)


def test_the_panels_own_address_has_no_path() -> None:
    assert Environment({"U": "https://a.example:8443/"}).origin("U", "") == "https://a.example:8443"
    with pytest.raises(WrongSetting, match=r"^U must be an address without a path"):
        Environment({"U": "https://a.example/panel"}).origin("U", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [("VPS_API_URL", "https://api.example.org/?a=1"), ("PUBLIC_URL", "https://panel.example.org/below")],
)
def test_an_address_that_would_fail_later_stops_the_start(name: str, value: str) -> None:
    assert refused(name, value).startswith(f"vps-dashboard cannot start: {name} must be an address without")


def test_an_address_loses_its_last_slash() -> None:
    assert Environment({"U": "https://a.example/v1/"}).url("U", ("https",)) == "https://a.example/v1"


# The database ----------------------------------------------------------------------------------------


def test_sqlite_waits_for_its_turn_and_keeps_a_log(tmp_path: Path) -> None:
    options = database.from_url(Environment({}), "DATABASE_URL", f"sqlite:///{tmp_path}/new/a.sqlite3")[
        "OPTIONS"
    ]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]
    assert options["timeout"] == 20
    assert (tmp_path / "new").is_dir()


def test_connections_to_postgresql_are_kept_and_checked() -> None:
    config = database.from_url(Environment({"D": "postgres://me:secret@db.example:5433/panel"}), "D", "")
    assert (config["HOST"], config["PORT"], config["NAME"]) == ("db.example", 5433, "panel")
    assert config["CONN_MAX_AGE"] == 60
    assert config["CONN_HEALTH_CHECKS"]


@pytest.mark.parametrize(
    "url", ["mysql://a/b", "nonsense", "postgres://", "sqlite://", "postgres://u:pw-x@h:port/n"]
)
def test_another_database_is_refused_without_repeating_the_password(url: str) -> None:
    with pytest.raises(WrongSetting, match=r"^D must be sqlite") as refusal:
        database.from_url(Environment({"D": url}), "D", "")
    assert "pw-x" not in str(refusal.value)


# What PUBLIC_URL gives -------------------------------------------------------------------------------

PRINT = "import json; from dashboard import settings as s; print(json.dumps({n: getattr(s, n, None) for n in names}))"


def settings_under(names: list[str], **environment: str) -> list[object]:
    code = f"names = {names!r}; {PRINT}"
    known = {"PATH": os.environ["PATH"], **GOOD, **environment}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=known, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout).values())


def test_an_https_address_gives_hosts_origins_secure_cookies_hsts_and_redirects() -> None:
    names = ["ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "SESSION_COOKIE_SECURE", "SECURE_HSTS_SECONDS"]
    assert settings_under([*names, "SECURE_SSL_REDIRECT"], PUBLIC_URL="https://panel.example.org:8443") == [
        ["panel.example.org"],
        ["https://panel.example.org:8443"],
        True,
        31536000,
        True,
    ]


def test_a_plain_address_gives_none_of_what_needs_https() -> None:
    names = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT"]
    assert settings_under(names, PUBLIC_URL="http://10.0.0.5:8000") == [False, False, 0, False]


def test_forwarded_headers_are_believed_only_from_proxies_that_are_said_to_be_there() -> None:
    names = ["SECURE_PROXY_SSL_HEADER", "ALLAUTH_TRUSTED_PROXY_COUNT"]
    assert settings_under(names) == [None, 0]
    assert settings_under(names, TRUSTED_PROXIES="2") == [["HTTP_X_FORWARDED_PROTO", "https"], 2]
