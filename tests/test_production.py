"""The panel as an operator runs it: gunicorn, https behind one proxy, collected static files, DEBUG off."""

import http.client
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HSTS = "max-age=31536000"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: str


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("production")
    (folder / "secret-key").write_text(f"{os.urandom(40).hex()}\n")
    return {
        "PATH": os.environ["PATH"],
        "PUBLIC_URL": "https://panel.example.org",
        "TRUSTED_PROXIES": "1",
        "SECRET_KEY_FILE": str(folder / "secret-key"),
        "TOKEN_KEYS": "dGVzdHMtc2VhbC13aXRoLXRoaXMta2V5LTMyLWJ5dGU=",
        "VPS_API_URL": "https://api.example.org/v1",
        "DATABASE_URL": f"sqlite:///{folder}/panel.sqlite3",
    }


@pytest.fixture(scope="module")
def manage(environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="module")
def panel(
    environment: dict[str, str], manage: Callable[..., subprocess.CompletedProcess[str]]
) -> Iterator[Callable[..., Answer]]:
    """Asks the running panel for an address, as the proxy in front of it does."""
    for words in (["migrate"], ["collectstatic", "--noinput"]):
        done = manage(*words)
        assert done.returncode == 0, done.stderr
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-b", "127.0.0.1:0", "dashboard.wsgi"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    said = ""
    port = None
    for line in server.stderr:
        said += line
        port = port or re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", line)
        if "Booting worker" in line:
            break
    assert port, said

    def ask(path: str, host: str = "panel.example.org", scheme: str = "https") -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", int(port[1]), timeout=20)
        seen = {"Host": host, "X-Forwarded-Proto": scheme, "X-Forwarded-For": "203.0.113.9"}
        connection.request("GET", path, headers=seen)
        reply = connection.getresponse()
        answer = Answer(reply.status, reply.headers, reply.read().decode())
        connection.close()
        return answer

    yield ask
    server.terminate()
    server.communicate(timeout=40)


def test_the_deployment_check_finds_nothing(
    panel: Callable[..., Answer], manage: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


def test_pages_come_with_hsts_and_secure_cookies(panel: Callable[..., Answer]) -> None:
    answer = panel("/accounts/login/")
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"] == HSTS
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "HttpOnly" in answer.headers["Set-Cookie"]


def test_static_files_are_named_by_their_hash_kept_for_ever_and_carry_the_headers(
    panel: Callable[..., Answer],
) -> None:
    page = panel("/accounts/login/").body
    addresses = re.findall(r'(?:href|src)="(/static/[^"#]+)', page)
    assert addresses
    for address in addresses:
        assert re.search(r"\.[0-9a-f]{12}\.", address), address
        answer = panel(address)
        assert answer.status == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Strict-Transport-Security"] == HSTS
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_modules_import_each_other_by_names_that_exist(panel: Callable[..., Answer]) -> None:
    page = panel("/accounts/login/").body
    waiting = re.findall(r'src="(/static/js/[^"]+)" type="module"', page)
    seen: set[str] = set()
    assert waiting
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        answer = panel(address)
        assert answer.status == 200, address
        folder = address.rsplit("/", 1)[0]
        for name in re.findall(r"""from\s*["'](\.[^"']+)["']""", answer.body):
            waiting.append(os.path.normpath(f"{folder}/{name}"))


def test_novnc_is_served_from_its_versioned_folder_and_kept_for_ever(panel: Callable[..., Answer]) -> None:
    answer = panel("/static/vendor/novnc-1.7.0/core/rfb.js")
    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]


def test_plain_http_is_sent_to_https_and_a_strange_host_away(panel: Callable[..., Answer]) -> None:
    plain = panel("/tokens/?a=1", scheme="http")
    assert (plain.status, plain.headers["Location"]) == (301, "https://panel.example.org/tokens/?a=1")
    for scheme in ("http", "https"):
        strange = panel("/", host="evil.example", scheme=scheme)
        assert strange.status == 400
        assert strange.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in strange.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("VPS_API_URL", "", "VPS_API_URL is not set."),
        ("TOKEN_KEYS", "too-short", "Key 1 of TOKEN_KEYS is not 32 bytes in URL-safe base64."),
    ],
)
def test_a_wrong_setting_stops_the_server_for_good_with_a_sentence(
    environment: dict[str, str], name: str, value: str, sentence: str
) -> None:
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-b", "127.0.0.1:0", "dashboard.wsgi"]
    wrong = {**environment, name: value}
    done = subprocess.run(
        command, cwd=ROOT, env=wrong, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
