"""The one place that sends. Whatever happens comes out as a reply or as one of our errors."""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TypeVar

import requests

from vps.provider.addresses import checked_base
from vps.provider.bodies import Unreadable, parse, read_body
from vps.provider.connections import CallAdapter
from vps.provider.deadline import Call, Stage, watch
from vps.provider.errors import BadReply
from vps.provider.rates import Rate, rate_of, retry_after_of
from vps.provider.secret import Secret
from vps.provider.verdicts import Answer, Kind, Trouble, trouble_of

T = TypeVar("T")

_TOKEN = re.compile(r"[\x21-\x7e]{8,4096}")
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "vps-dashboard"}


def is_token(value: str) -> bool:
    """Whether this can be sent as a token."""
    return _TOKEN.fullmatch(value) is not None


class Transport:
    """Sends one token's calls below one base address.

    `read` turns the JSON of an answer into the reply and raises BadReply if it does not fit: only a 2xx whose
    body fits is a success. An exception that leaves here holds neither the token nor the original exception,
    whose request and headers do.
    """

    def __init__(
        self, session: requests.Session, base_url: str, token: Secret, deadline: float, connect_timeout: float
    ) -> None:
        if not is_token(token.reveal()):
            raise ValueError("not a token")
        self._base = checked_base(base_url)
        adapter = session.get_adapter(self._base)
        if not isinstance(adapter, CallAdapter):
            raise TypeError("the session must come from new_session()")
        self._adapter, self._verify = adapter, True if session.verify is None else session.verify
        self._token, self._deadline, self._connect_timeout = token, deadline, connect_timeout
        self.rate = Rate()

    def get(self, path: str, read: Callable[[object], T], permission: str | None = None) -> T:
        """Ask, on a connection that is kept. May be repeated, so once more if the kept one had died."""
        request = self._prepared("GET", path, permission, None)
        call = self._begin()
        try:
            outcome = self._attempt(self._adapter, request, call)
            if isinstance(outcome, Trouble) and outcome.reason == "reset" and _had_died(call):
                outcome = self._attempt(self._adapter, request, call)
        finally:
            call.finish()
        return self._reply("GET", outcome, read)

    def post(
        self,
        path: str,
        read: Callable[[object], T],
        permission: str | None = None,
        body: Mapping[str, str] | None = None,
    ) -> T:
        """Act: sent once, on a connection of its own, never repeated."""
        request = self._prepared("POST", path, permission, body)
        call = self._begin()
        try:
            with closing(CallAdapter()) as adapter:
                outcome = self._attempt(adapter, request, call)
        finally:
            call.finish()
        return self._reply("POST", outcome, read)

    def _prepared(
        self, method: str, path: str, permission: str | None, body: Mapping[str, str] | None
    ) -> requests.PreparedRequest:
        headers = dict(_HEADERS)
        if permission is not None:
            headers["Permission"] = permission
        if method == "POST":
            headers["Connection"] = "close"
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        request = requests.Request(method, self._base + path, headers=headers, data=data).prepare()
        if request.url != self._base + path:
            raise ValueError("the address leads elsewhere")
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request

    def _begin(self) -> Call:
        call = Call(self._deadline, self._connect_timeout)
        watch(call)
        return call

    def _attempt(
        self, adapter: CallAdapter, request: requests.PreparedRequest, call: Call
    ) -> Answer | Trouble:
        try:
            with closing(adapter.send_call(request, call, self._verify).raw) as raw:
                call.stage = Stage.READING
                answer = self._read(raw.status, raw.headers, raw)
        except Exception as error:  # noqa: BLE001  # whatever it is, it holds the request and so the token
            return trouble_of(error, call)
        # Shut down while the head was read, the answer looks like an empty success.
        return Trouble(Kind.LOST, "timeout") if call.expired else answer

    def _read(self, status: int, headers: Mapping[str, str], raw: object) -> Answer:
        self.rate = rate_of(headers)
        retry_after = retry_after_of(headers) if status == 429 else None
        try:
            value = parse(read_body(raw, headers.get("Content-Length")), self._token)
        except Unreadable as error:
            return Answer(status, retry_after, None, error.reason)
        return Answer(status, retry_after, value, "")

    def _reply(self, method: str, outcome: Answer | Trouble, read: Callable[[object], T]) -> T:
        if isinstance(outcome, Trouble):
            raise outcome.error(method)
        error = outcome.error(method, self._token)
        if error is None:
            try:
                return read(outcome.value)
            except BadReply as unfit:
                error = outcome.unfit(unfit.reason, method, self._token)
        raise error


def _had_died(call: Call) -> bool:
    """Whether the call met a kept connection that the other side had closed meanwhile."""
    return call.reused and call.stage is Stage.WRITING and not call.expired
