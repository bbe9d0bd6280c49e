"""Connections that tell their call how far it came and which socket it runs on."""

import functools
import http.client
import logging
import queue
import socket
import threading
from collections.abc import Mapping
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter

from vps.provider.deadline import Call, Stage

_Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]

_thread = threading.local()


def _says_no_headers(record: logging.LogRecord) -> bool:
    """Malformed headers are logged word by word, and a provider may repeat the token in them."""
    return not str(record.msg).startswith("Failed to parse headers")


logging.getLogger("urllib3.connection").addFilter(_says_no_headers)


class CallAdapter(HTTPAdapter):
    """Sends for one thread, never again by itself, and on connections that know the call under way."""

    def __init__(self) -> None:
        super().__init__(pool_connections=4, pool_maxsize=1, max_retries=0)

    def send_call(
        self, request: requests.PreparedRequest, call: Call, verify: bool | str
    ) -> requests.Response:
        """The answer's head; its body is still to be read. Raises whatever requests raises."""
        _thread.call = call
        try:
            return self.send(request, stream=True, timeout=call.remaining(), verify=verify, proxies={})
        finally:
            del _thread.call

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: Any = None,
    ) -> Any:
        pool = cast(Any, super().get_connection_with_tls_context(request, verify, proxies, cert))
        pool.ConnectionCls = _reporting(pool.ConnectionCls)
        return pool


class _Reporting(http.client.HTTPConnection):
    """What is put in front of the connection classes that requests uses."""

    opened_for: Call | None = None

    def connect(self) -> None:
        call: Call = _thread.call
        self.opened_for, call.reused = call, False
        super().connect()
        if call.expired:
            raise TimeoutError
        call.stage = Stage.WRITING

    def _new_conn(self) -> socket.socket:
        call: Call = _thread.call
        sock = _dial(self.host, self.port, call)
        call.runs_on(sock)
        call.stage = Stage.SECURING
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        call: Call = _thread.call
        if self.sock is not None and self.opened_for is not call:
            call.runs_on(self.sock)
            call.stage, call.reused = Stage.WRITING, True
        super().request(*args, **kwargs)


@functools.cache
def _reporting(kind: type[http.client.HTTPConnection]) -> type[http.client.HTTPConnection]:
    return kind if issubclass(kind, _Reporting) else type("Reporting", (_Reporting, kind), {})


def _dial(host: str, port: int, call: Call) -> socket.socket:
    """A connected socket, all of the host's addresses tried within the call's time."""
    trouble = OSError("the name has no address")
    for family, kind, protocol, _, address in _resolve(host.strip("[]"), port, call):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(call.remaining_to_connect())
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect(address)
        except OSError as error:
            sock.close()
            trouble = error
        else:
            return sock
    raise trouble


def _resolve(host: str, port: int, call: Call) -> list[_Address]:
    """The host's addresses. The system's resolver knows no deadline, so it is asked in a thread."""
    try:
        return _ask_resolver(host, port, socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass
    answers: queue.SimpleQueue[list[_Address] | OSError] = queue.SimpleQueue()
    threading.Thread(target=_answer_into, args=(answers, host, port), daemon=True).start()
    try:
        answer = answers.get(timeout=call.remaining_to_connect())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _answer_into(answers: "queue.SimpleQueue[list[_Address] | OSError]", host: str, port: int) -> None:
    try:
        answers.put(_ask_resolver(host, port, 0))
    except (OSError, UnicodeError) as error:
        answers.put(error if isinstance(error, OSError) else socket.gaierror())


def _ask_resolver(host: str, port: int, flags: int) -> list[_Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return cast(list[_Address], found)


def new_session() -> requests.Session:
    """A session for one thread. Clients of that thread may share it: it never holds a token."""
    session = requests.Session()
    session.trust_env = False
    adapter = CallAdapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
