"""The deadline holds for the whole call: name, connection, TLS, writing, head and body."""

import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.provider.conftest import NewClient
from tests.provider.fault_server import Exchange, Fault, FaultServer
from tests.provider.wire_faults import hold, just
from vps.provider.client import Client, new_session
from vps.provider.deadline import Call, Stage, Watchdog
from vps.provider.errors import NotAllowed, ProviderError, Unreachable
from vps.provider.secret import Secret

DEADLINE = 0.3
HANGS = Fault("hangs", hold, Unreachable, None, slow=True)
HANGS_UNREAD = Fault("hangs before it reads", hold, Unreachable, None, slow=True, reads=False)


def error_in_time(client: Client, method: str = "GET") -> ProviderError:
    began = time.monotonic()
    with pytest.raises(ProviderError) as error:
        client.status("p", "vm_1") if method == "GET" else client.control("p", "vm_1", "start")
    assert time.monotonic() - began <= DEADLINE + 0.5
    return error.value


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_name_that_does_not_resolve_in_time_is_unreachable(
    new_client: NewClient, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    asked, stuck = socket.getaddrinfo, threading.Event()

    def ask(host: str, *args: Any, **options: Any) -> Any:
        if options.get("flags"):
            return asked(host, *args, **options)
        stuck.wait()
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    error = error_in_time(new_client("http://provider.invalid/", deadline=DEADLINE), method)
    stuck.set()
    assert isinstance(error, Unreachable)
    assert error.reason == "timeout"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_name_that_nobody_knows_is_unreachable(
    new_client: NewClient, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def ask(*args: Any, **options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    error = error_in_time(new_client("http://provider.invalid/", deadline=DEADLINE), method)
    assert isinstance(error, Unreachable)
    assert error.reason == "dns"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_nobody_takes_is_unreachable(new_client: NewClient, method: str) -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for sock in (first, second):  # fill the queue, so that the kernel answers no more
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        port = full.getsockname()[1]
        error = error_in_time(new_client(f"http://127.0.0.1:{port}/", deadline=DEADLINE), method)
    assert isinstance(error, Unreachable)
    assert error.reason == "timeout"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_tls_handshake_that_hangs_is_unreachable(
    server: FaultServer, new_client: NewClient, method: str
) -> None:
    server.fault = HANGS_UNREAD
    client = new_client(server.url.replace("http:", "https:"), deadline=DEADLINE)
    error = error_in_time(client, method)
    assert isinstance(error, Unreachable)
    assert error.reason == "timeout"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_tls_handshake_that_drips_is_unreachable(
    server: FaultServer, new_client: NewClient, method: str
) -> None:
    server.fault = Fault(
        "drips",
        lambda exchange: exchange.drip(b"\x16\x03\x03\x40\x00" + b"\x02" * 99),
        None,
        None,
        reads=False,
    )
    client = new_client(server.url.replace("http:", "https:"), deadline=DEADLINE)
    assert isinstance(error_in_time(client, method), Unreachable)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_server_that_speaks_no_tls_is_unreachable(
    server: FaultServer, new_client: NewClient, method: str
) -> None:
    server.fault = Fault("plain", just(b"HTTP/1.1 400 Bad\r\n\r\n"), None, None, reads=False)
    error = error_in_time(new_client(server.url.replace("http:", "https:"), deadline=DEADLINE), method)
    assert isinstance(error, Unreachable)
    assert error.reason == "tls"


def test_many_calls_that_hang_at_once_all_end_in_time(server: FaultServer) -> None:
    server.fault = HANGS
    with ThreadPoolExecutor(32) as threads:
        clients = [Client(server.url, Secret("tok_12345678"), deadline=DEADLINE) for _ in range(32)]
        errors = list(threads.map(error_in_time, clients))
    assert {type(error) for error in errors} == {Unreachable}
    assert {error.reason for error in errors} == {"timeout"}


def test_a_call_after_an_expired_one_has_its_own_time(server: FaultServer, new_client: NewClient) -> None:
    client = new_client(deadline=DEADLINE)
    server.fault = HANGS
    error_in_time(client)
    server.fault = None
    assert client.status("p", "vm_1").status == "running"


def keep_open(exchange: Exchange) -> None:
    """Answers on a connection that stays open, and drops it, unannounced, when the next request comes."""
    body = b'{"uid": "x"}'
    exchange.send(b"HTTP/1.1 403 No\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    exchange.sock.recv(65536)
    exchange.reset()


def test_reading_goes_on_when_a_kept_connection_has_died(server: FaultServer, client: Client) -> None:
    server.fault = Fault("keeps open", keep_open, None, None)
    for _ in range(2):
        with pytest.raises(ProviderError) as error:
            client.status("p", "vm_1")
        assert error.value.http_status == 403


def test_a_kept_connection_that_drips_is_cut_too(server: FaultServer) -> None:
    def keep_open_then_drip(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\n{}")
        exchange.sock.recv(65536)
        exchange.drip(b"HTTP/1.1 100 Continue\r\n\r\n", again=True)

    server.fault = Fault("keeps open, then drips", keep_open_then_drip, None, None)
    with new_session() as session:
        with pytest.raises(NotAllowed):
            Client(server.url, Secret("tok_12345678"), session=session).status("p", "vm_1")
        impatient = Client(server.url, Secret("tok_12345678"), deadline=DEADLINE, session=session)
        assert error_in_time(impatient).reason == "timeout"


def test_acting_never_uses_a_kept_connection(server: FaultServer, client: Client) -> None:
    server.fault = Fault("keeps open", keep_open, None, None)
    for call in (client.status, client.default_login, client.clear_default_login, client.clear_default_login):
        with pytest.raises(ProviderError):
            call("p", "vm_1")
    posts = [request for request in server.received if request.startswith(b"POST")]
    assert len(posts) == 2
    # The second reading came on the connection of the first, found it dead and opened another.
    assert server.connections == 4


def test_a_forked_process_has_a_watchdog_of_its_own(server: FaultServer, new_client: NewClient) -> None:
    server.fault = HANGS
    client = new_client(deadline=DEADLINE)
    error_in_time(client)
    child = os.fork()
    if child == 0:  # pragma: no cover
        try:
            error_in_time(client)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_an_expired_call_shuts_down_the_socket_that_it_gets_too_late() -> None:
    here, there = socket.socketpair()
    with here, there:
        call = Call(0.0, 0.0)
        call.expire()
        call.runs_on(here)
        assert there.recv(1) == b""
        call.finish()


def test_a_finished_call_expires_no_more() -> None:
    call = Call(0.0, 0.0)
    call.finish()
    call.expire()
    assert not call.expired
    assert call.stage is Stage.CONNECTING


def test_the_shortest_of_several_calls_expires_first() -> None:
    watchdog = Watchdog()
    slow, quick = Call(60.0, 1.0), Call(0.01, 1.0)
    here, there = socket.socketpair()
    with here, there:
        quick.runs_on(here)
        watchdog.watch(slow)
        watchdog.watch(quick)
        there.settimeout(5)
        assert there.recv(1) == b""
    assert quick.expired
    assert not slow.expired
    quick.finish()
