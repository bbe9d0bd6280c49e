"""Faults switched on by hand: which calls they meet, and what becomes of the reply."""

import itertools
import json
import secrets
from dataclasses import dataclass
from typing import Any

from vps.simulator.http import JSON, Reply
from vps.simulator.tokens import rate_headers

NAMES = ("latency", "hang", "reset", "refuse", "status", "html", "garbage", "truncate", "wrong_json")
SCOPE = ("project", "product", "token", "kind")
HTML = "<!doctype html><title>Maintenance</title><h1>We will be back soon</h1>"
TEXTS = {
    400: "Bad request",
    401: "Missing or invalid token",
    403: "Insufficient permissions to access this resource",
    404: "Project not found",
    429: "Rate limit exceeded. Please try again later.",
}


@dataclass(slots=True)
class Fault:
    """One fault. Scope fields left empty meet every call."""

    fault: str
    project: str | None = None
    product: str | None = None
    token: str | None = None  # the token itself or its name
    kind: str | None = None
    seconds: float = 0.0  # of latency; of X-RateLimit-Reset with status 429
    code: int = 500
    body: Any = None  # text, or anything JSON
    skip: int = 0  # spare the first calls
    times: int | None = None  # meet so many calls only
    after: bool = False  # the call is carried out first, then its reply suffers
    number: int = 0

    def __post_init__(self) -> None:
        if self.fault not in NAMES:
            raise ValueError(f"fault must be one of {', '.join(NAMES)}.")
        if self.fault == "refuse" and any(getattr(self, name) for name in SCOPE):
            raise ValueError("refuse closes the door for all: it takes no scope.")

    def meets(self, kind: str, project: str, product: str, tokens: tuple[str, ...]) -> bool:
        mine = (
            self.kind in (None, kind)
            and self.project in (None, project)
            and self.product in (None, product)
            and (self.token is None or self.token in tokens)
        )
        if mine and self.skip:
            self.skip -= 1
            return False
        if mine and self.times is not None:
            self.times -= 1
            return self.times >= 0
        return mine

    def spoil(self, good: Reply | None) -> Reply:
        """What is sent instead of `good` (None when the call was not carried out)."""
        if self.fault in {"hang", "reset"}:
            return Reply(200, b"", fate=self.fault)
        if self.fault == "truncate":
            return (good or Reply(200, b'{"status": "running"}'))._replace(fate="truncate")
        if self.fault == "garbage":
            return Reply(200, b"\xff\x00{" + secrets.token_bytes(60))
        if self.fault == "html":
            return Reply(200, self._text(HTML), kind="text/html; charset=utf-8")
        if self.fault == "wrong_json":
            return Reply(200, self._text({"status": ["running"], "products": 7}))
        return self._status()

    def _status(self) -> Reply:
        reset = rate_headers(60, 0, int(self.seconds) or 30) if self.code == 429 else {}
        kind = "text/html; charset=utf-8" if isinstance(self.body, str) else JSON
        return Reply(self.code, self._text({"error": TEXTS.get(self.code, "Internal error")}), reset, kind)

    def _text(self, usual: Any) -> bytes:
        body = usual if self.body is None else self.body
        return (body if isinstance(body, str) else json.dumps(body)).encode()


class Faults:
    """The faults that are switched on; the newest that meets a call wins, latencies add up."""

    def __init__(self) -> None:
        self.active: list[Fault] = []
        self._numbers = itertools.count(1)

    def add(self, fault: Fault) -> Fault:
        fault.number = next(self._numbers)
        self.active.append(fault)
        return fault

    def clear(self, number: int | None = None) -> None:
        self.active = [] if number is None else [f for f in self.active if f.number != number]

    def meet(
        self, kind: str, project: str, product: str, tokens: tuple[str, ...]
    ) -> tuple[float, Fault | None]:
        """(seconds to wait, the fault to suffer)."""
        met = [f for f in self.active if f.fault != "refuse" and f.meets(kind, project, product, tokens)]
        wait = sum(f.seconds for f in met if f.fault == "latency")
        return wait, next((f for f in reversed(met) if f.fault != "latency"), None)
