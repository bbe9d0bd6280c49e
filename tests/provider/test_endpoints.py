"""Each endpoint as the document has it: the request to the letter, and the reply."""

from collections.abc import Callable
from typing import get_args

import pytest

from tests.provider.fault_server import FaultServer
from vps.provider.client import Action, Client, new_session
from vps.provider.errors import OutcomeUnknown, Refused
from vps.provider.replies import ActionReceipt, DefaultLogin, Listed, Status
from vps.provider.secret import Secret


def the_request(server: FaultServer) -> tuple[str, dict[str, str], str]:
    """Request line, headers (names in lower case) and body of the only request."""
    (raw,) = server.received
    top, _, body = raw.decode().partition("\r\n\r\n")
    line, *headers = top.split("\r\n")
    named = {name.lower(): value for name, _, value in (header.partition(": ") for header in headers)}
    return line, named, body


def test_status_is_read(server: FaultServer, client: Client) -> None:
    assert client.status("proj_1", "vm_1") == Status(
        agent=True,
        version="7.2.0",
        status="running",
        uptime=86400,
        cpu=15.5,
        cpus=1,
        memory_used=512.0,
        memory_total=1024.0,
        memory_percent=50.0,
        disk=5_000_000_000,
        maxdisk=25_000_000_000,
    )
    line, headers, body = the_request(server)
    assert line == "GET /base/v1/projects/proj_1/products/vm_1/vps/status HTTP/1.1"
    assert headers["authorization"] == "Bearer tok_12345678"
    assert headers["permission"] == "READ_VPS"
    assert body == ""


def test_a_project_is_listed(server: FaultServer, client: Client) -> None:
    listing = client.listing("proj_1")
    assert listing.machines[0] == Listed(
        "vm_abc123", "vps", "Web Server 01", "192.121.119.100", "2001:67c:bec:b::100/64", "online"
    )
    assert (len(listing.machines), listing.products, listing.skipped) == (2, 2, 0)
    line, headers, _ = the_request(server)
    assert line == "GET /base/v1/projects/proj_1/products?detailed=true HTTP/1.1"
    assert headers["authorization"] == "Bearer tok_12345678"
    assert "permission" not in headers


@pytest.mark.parametrize("action", get_args(Action))
def test_a_power_action_is_sent(
    server: FaultServer, client: Client, answers: Callable[[object], None], action: Action
) -> None:
    answers({"success": True, "action": {"uid": "a_1", "command": action, "created": "2025-01-15T10:30:00Z"}})
    assert client.control("proj_1", "vm_1", action) == ActionReceipt(
        "a_1", action, "2025-01-15T10:30:00Z", None
    )
    line, headers, body = the_request(server)
    assert line == "POST /base/v1/projects/proj_1/products/vm_1/vps/control HTTP/1.1"
    assert headers["authorization"] == "Bearer tok_12345678"
    assert headers["permission"] == "VPS_CONTROL"
    assert headers["content-type"] == "application/json"
    assert headers["connection"] == "close"
    assert body == f'{{"action": "{action}"}}'


def test_a_console_ticket_is_taken(server: FaultServer, client: Client) -> None:
    ticket = client.console("proj_1", "vm_1")
    assert ticket.ticket.reveal() == "action_abc123"
    assert ticket.secret.reveal() == "vnc_secret_token_xyz789"
    assert "abc123" not in repr(ticket)
    assert "xyz789" not in repr(ticket)
    line, headers, _ = the_request(server)
    assert line == "GET /base/v1/projects/proj_1/products/vm_1/vps/console HTTP/1.1"
    assert headers["permission"] == "CONSOLE_VNC"


def test_the_default_login_is_read(server: FaultServer, client: Client) -> None:
    login = client.default_login("proj_1", "vm_1")
    password = Secret("GeneratedPassword123!")
    assert login == DefaultLogin("linux", "192.121.119.100", "ssh", "ubuntu", password)
    assert "Generated" not in repr(login)
    line, headers, _ = the_request(server)
    assert line == "GET /base/v1/projects/proj_1/products/vm_1/vps/defaultlogin HTTP/1.1"
    assert "permission" not in headers


def test_the_default_login_is_cleared(server: FaultServer, client: Client) -> None:
    client.clear_default_login("proj_1", "vm_1")
    line, headers, body = the_request(server)
    assert line == "POST /base/v1/projects/proj_1/products/vm_1/vps/defaultlogin HTTP/1.1"
    assert "permission" not in headers
    assert (headers["content-length"], body) == ("0", "")


def test_what_was_not_cleared_is_not_taken_for_cleared(
    client: Client, answers: Callable[[object], None]
) -> None:
    answers({"success": False, "error": "Default password no longer available"})
    with pytest.raises(Refused) as refusal:
        client.clear_default_login("p", "vm_1")
    assert refusal.value.said == "Default password no longer available"
    answers({"success": "yes"})
    with pytest.raises(OutcomeUnknown):
        client.clear_default_login("p", "vm_1")


def test_an_action_that_is_none_is_not_sent(server: FaultServer, client: Client) -> None:
    with pytest.raises(ValueError, match="not an action"):
        client.control("p", "vm_1", "destroy")  # type: ignore[arg-type]
    assert server.connections == 0


def test_two_tokens_share_a_session_without_sharing_anything_else(server: FaultServer) -> None:
    with new_session() as session:
        for token in ("tok_of_anna", "tok_of_bert"):
            client = Client(server.url, Secret(token), session=session)
            client.status("p", "vm_1")
            client.close()  # which leaves the session open, for it was given
        assert b"Bearer tok_of_anna" in server.received[0]
        assert b"Bearer tok_of_bert" in server.received[1]
        assert "Authorization" not in session.headers
        assert not session.trust_env
