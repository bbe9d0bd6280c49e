"""Nothing leads a call to where it does not belong: no id, no base address, no environment, no redirect."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.provider.conftest import NewClient
from tests.provider.fault_server import Fault, FaultServer
from vps.provider.client import Client
from vps.provider.errors import BadReply
from vps.provider.secret import Secret

HOSTILE_IDS = [
    *[
        "",
        " ",
        ".",
        "..",
        "...",
        "/",
        "//",
        "\\",
        "../..",
        "..\\..",
        "a/b",
        "a/../b",
        "/a",
        "a/",
        "./a",
        "a/.",
    ],
    *["%2e%2e", "%2E%2e%2f", "%252e%252e", "..%2f", "%2f", "a%2fb", "%5c", "%00", "a%00", "a%0d%0aX: y"],
    *["a?b", "?", "a?detailed=true", "a#b", "#", "a;b", "a&b", "a=b", "a:b", "a@b", "@host", "user:pw@host"],
    *["a b", " a", "a ", "a\n", "\na", "a\r\nX-A: b", "a\tb", "a\0", "\0", "a\x7f", "a\x0b"],
    *[
        "http://127.0.0.2/",
        "//127.0.0.2/",
        "file:///etc/passwd",
        "_a",
        "-a",
        ".a",
        "a.b",
        "a~b",
        "a+b",
        "a*b",
    ],
    *[
        "ä",
        "a\u0301",
        "\uff41",
        "\u0661",
        "\u2025",
        "\uff0e\uff0e",
        "a\u200b",
        "\u202ea",
        "\ud800",
        "a\U0001f600",
    ],
    *["a" * 65, "a" * 10_000, "'", '"', "<b>", "${a}", "{project}", "a|b", "a`b", "$(a)", "a'--", "[a]"],
]


@pytest.mark.parametrize("hostile", HOSTILE_IDS, ids=ascii)
def test_a_hostile_id_sends_nothing(server: FaultServer, client: Client, hostile: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: client.status(hostile, "vm_1"),
        lambda: client.status("p", hostile),
        lambda: client.listing(hostile),
        lambda: client.control("p", hostile, "start"),
        lambda: client.console(hostile, "vm_1"),
        lambda: client.default_login("p", hostile),
        lambda: client.clear_default_login(hostile, "vm_1"),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="not an id"):
            call()
    assert server.connections == 0


def test_the_hostile_ids_are_many() -> None:
    assert len(set(HOSTILE_IDS)) == len(HOSTILE_IDS) >= 60


@pytest.mark.parametrize("good", ["a", "0", "vm_abc123", "A-b_C", "a" * 64])
def test_a_good_id_is_sent_as_it_is(server: FaultServer, client: Client, good: str) -> None:
    client.status(good, good)
    assert server.received[0].startswith(f"GET /base/v1/projects/{good}/products/{good}/vps/status ".encode())


@pytest.mark.parametrize("tail", ["", "/", "//"])
def test_the_base_address_may_end_in_a_slash(server: FaultServer, new_client: NewClient, tail: str) -> None:
    new_client(server.url + tail).status("p", "vm_1")
    assert server.received[0].startswith(b"GET /base/v1/projects/p/")


def test_the_base_address_may_be_a_name(server: FaultServer, new_client: NewClient) -> None:
    new_client(server.url.replace("127.0.0.1", "localhost")).status("p", "vm_1")
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "base",
    [
        *[
            "",
            "127.0.0.1",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "http://",
            "http:///path",
            "//127.0.0.1/",
        ],
        *[
            "http://user:pw@127.0.0.1/",
            "http://127.0.0.1/?a=b",
            "http://127.0.0.1/#a",
            "http://[::1",
            "http://a b/",
        ],
        *["http://127.0.0.1:port/", "javascript:alert(1)"],
    ],
)
def test_an_unusable_base_address_is_refused_at_once(base: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Client(base, Secret("tok_12345678"))


@pytest.mark.parametrize(
    "token",
    [
        "",
        "short",
        "tok_1234 5678",
        "tok_1234\n5678",
        "tok_12345678\n",
        "tok_1234\r\nX-A: b",
        "tok_12345678\0",
        "t\u00f6k_12345678",
        "tok_1234\ud800",
        "a" * 4097,
    ],
)
def test_what_is_no_token_is_refused_without_being_told(token: str) -> None:
    with pytest.raises(ValueError, match="not a token") as refusal:
        Client("http://127.0.0.1:9/", Secret(token))
    assert refusal.value.args == ("not a token",)


def test_a_netrc_does_not_replace_the_token(
    server: FaultServer, new_client: NewClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login eve password other\ndefault login eve password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    new_client().status("p", "vm_1")
    new_client().control("p", "vm_1", "start")
    for request in server.received:
        assert b"Authorization: Bearer tok_12345678\r\n" in request


def test_proxies_of_the_environment_are_ignored(
    server: FaultServer, new_client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        new_client().status("p", "vm_1")
        new_client().control("p", "vm_1", "start")
    assert proxy.connections == 0
    assert len(server.received) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server: FaultServer, client: Client, status: int) -> None:
    with FaultServer() as elsewhere:
        location = f"Location: {elsewhere.url}/projects/p/products/vm_1/vps/status\r\n"
        server.fault = Fault(
            "away", lambda exchange: exchange.answer(b"", f"{status} Away", location), BadReply, None
        )
        with pytest.raises(BadReply) as error:
            client.status("p", "vm_1")
    assert error.value.http_status == status
    assert elsewhere.connections == 0
    assert len(server.received) == 1
