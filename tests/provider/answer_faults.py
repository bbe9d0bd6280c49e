"""Faults of the answer: well-formed HTTP whose status or body is not what the document promises."""

import gzip
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from tests.provider.raw_server import Exchange, Expected, Fault, head
from vps.provider.errors import (
    BadReply,
    NotAllowed,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    TokenRefused,
    Unreachable,
)

Respond = Callable[[Exchange], None]


def body(data: bytes, status: str = "200 OK", headers: str = "") -> Respond:
    return lambda exchange: exchange.answer(data, status, headers)


def error(status: str, text: object = "text", headers: str = "") -> Respond:
    return body(json.dumps({"error": text}).encode(), status, headers)


def redirect(status: str, host: str | None) -> Respond:
    def respond(exchange: Exchange) -> None:
        headers = f"Location: {host or exchange.server.url}/elsewhere\r\n"
        exchange.answer_json(exchange.documented(), status, headers)

    return respond


def changed(get: dict[str, Any], post: dict[str, Any]) -> Respond:
    """The documented reply with some fields replaced: of the status for a GET, of the action for a POST."""

    def respond(exchange: Exchange) -> None:
        reply = exchange.documented()
        if exchange.method == "POST":
            reply["action"].update(post)
        else:
            reply.update(get)
        exchange.answer_json(reply)

    return respond


def without_a_field(exchange: Exchange) -> None:
    reply = exchange.documented()
    del reply["action" if exchange.method == "POST" else "memory"]
    exchange.answer_json(reply)


def with_more_fields(exchange: Exchange) -> None:
    exchange.answer_json({**exchange.documented(), "new": {"a": [1, None]}, "other": "x"})


def cut_but_declared(exchange: Exchange) -> None:
    exchange.answer(json.dumps(exchange.documented()).encode()[:-4])


def figure(written: str) -> Respond:
    """The documented reply with one figure as `written`: the CPU for a GET, the time of creation for a POST."""

    def respond(exchange: Exchange) -> None:
        text = json.dumps(exchange.documented())
        exchange.answer(text.replace("15.5", written).replace('"2025-01-15T10:30:00Z"', written).encode())

    return respond


def huge_in_chunks(exchange: Exchange) -> None:
    exchange.send(head(headers="Transfer-Encoding: chunked\r\n"))
    for _ in range(30):
        exchange.send(b"100000\r\n" + b" " * 2**20 + b"\r\n")
    exchange.send(b"0\r\n\r\n")


def huge_until_closed(exchange: Exchange) -> None:
    exchange.send(head())
    for _ in range(30):
        exchange.send(b" " * 2**20)


def limited(reset: str, retry_after: str = "") -> Respond:
    headers = f"X-RateLimit-Limit: 60\r\nX-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: {reset}\r\n"
    return error(
        "429 Too Many Requests", headers=headers + (f"Retry-After: {retry_after}\r\n" * bool(retry_after))
    )


def compressed(data: bytes) -> bytes:
    return gzip.compress(data)


@cache
def bomb() -> bytes:
    """1 MB of gzip that unpacks to 1 GB: a thousand times the same member, which is packed once."""
    return 1024 * gzip.compress(b" " * 2**20)


def repeat_the_token(exchange: Exchange) -> None:
    start = exchange.request.index(b"Bearer ") + 7
    token = exchange.request[start : exchange.request.index(b"\r\n", start)].decode()
    exchange.answer_json({"error": f"{token} may not: {token}"}, f"403 {token}", f"X-Token: {token}\r\n")


def repeat_the_token_malformed(exchange: Exchange) -> None:
    start = exchange.request.index(b"Bearer ") + 7
    token = exchange.request[start : exchange.request.index(b"\r\n", start)]
    exchange.send(b"HTTP/1.1 400 No\r\nX-A: b\r\n" + token + b"\r\nX-C: d\r\n\r\n" + token)


def json_fault(name: str, written: str, get: Expected = BadReply, post: Expected = OutcomeUnknown) -> Fault:
    return Fault(name, body(written.encode()), get, post)


GZIP = "Content-Encoding: gzip\r\n"
HTML = b"<!doctype html><title>Sign in</title><p>Hello"
_NONSENSE = (BadReply, OutcomeUnknown)
_SERVER = (Unreachable, OutcomeUnknown)

STATUS_FAULTS = [
    Fault("204 without a body", body(b"", "204 No Content"), *_NONSENSE),
    Fault("200 without a body", body(b""), *_NONSENSE),
    Fault("HTML with 200", body(HTML), *_NONSENSE),
    Fault("HTML with 502", body(HTML, "502 Bad Gateway"), *_SERVER),
    Fault("HTML with 400", body(HTML, "400 Bad Request"), Refused, Refused),
    Fault("500", error("500 Internal Server Error"), *_SERVER),
    Fault("503", error("503 Service Unavailable"), *_SERVER),
    Fault("302 to the same host", redirect("302 Found", None), *_NONSENSE),
    Fault("302 to another host", redirect("302 Found", "http://127.0.0.2:9"), *_NONSENSE),
    Fault("307 to the same host", redirect("307 Temporary Redirect", None), *_NONSENSE),
    Fault("308 to another host", redirect("308 Permanent Redirect", "http://127.0.0.2:9"), *_NONSENSE),
    Fault("301 to nowhere", body(b"", "301 Moved"), *_NONSENSE),
    Fault("302 with a bomb", body(bomb(), "302 Found", f"Location: /x\r\n{GZIP}"), *_NONSENSE),
    Fault("400", error("400 Bad Request", "Error, vps is already online."), Refused, Refused),
    Fault("401", error("401 Unauthorized"), TokenRefused, TokenRefused),
    Fault("403", error("403 Forbidden"), NotAllowed, NotAllowed),
    Fault("404", error("404 Not Found", "Project not found"), NotFound, NotFound),
    Fault("405", error("405 Method Not Allowed"), *_NONSENSE),
    Fault("418", error("418 I'm a teapot"), *_NONSENSE),
    Fault("400 whose error is no text", error("400 Bad Request", {"a": ["b"]}), Refused, Refused),
    Fault("403 that repeats the token", repeat_the_token, NotAllowed, NotAllowed),
    Fault("400 that repeats the token, malformed", repeat_the_token_malformed, Refused, Refused),
    Fault("429", error("429 Too Many Requests"), RateLimited, RateLimited),
    Fault("429 until the far future", limited("9" * 18), RateLimited, RateLimited),
    Fault("429 with an endless number", limited("9" * 4000), RateLimited, RateLimited),
    Fault("429 until the past", limited("-5"), RateLimited, RateLimited),
    Fault("429 until NaN", limited("nan", "inf"), RateLimited, RateLimited),
    Fault("429 until a word", limited("tomorrow", "soon"), RateLimited, RateLimited),
    Fault("429 until 1970", limited("0", "Thu, 01 Jan 1970 00:00:00 GMT"), RateLimited, RateLimited),
    Fault("429 until the year 9999", limited("", "Fri, 31 Dec 9999 23:59:59 GMT"), RateLimited, RateLimited),
]

BODY_FAULTS = [
    json_fault("null", "null"),
    json_fault("true", "true"),
    json_fault("a number", "5"),
    json_fault("a string", '"running"'),
    json_fault("an empty list", "[]"),
    json_fault("an empty object", "{}"),
    json_fault("two values", "{} {}"),
    json_fault("NaN alone", "NaN"),
    json_fault("success alone", '{"success": true}'),
    json_fault("success false with a reason", '{"success": false, "error": "locked"}', Refused, Refused),
    json_fault("success false without a reason", '{"success": false}', Refused),
    json_fault("deep lists", "[" * 5000 + "]" * 5000),
    json_fault("deeper lists", "[" * 200_000),
    json_fault("deep objects", '{"a":' * 5000 + "1" + "}" * 5000),
    json_fault("just too deep", "[" * 34 + "]" * 34),
    Fault("JSON cut, its length declared", cut_but_declared, *_NONSENSE),
    Fault("a missing field", without_a_field, *_NONSENSE),
    Fault("more fields", with_more_fields, None, None),
    Fault("a null field", changed({"status": None}, {"uid": None}), *_NONSENSE),
    Fault("a number for a word", changed({"status": 1}, {"command": 1}), *_NONSENSE),
    Fault("a word for a number", changed({"cpu": "15.5"}, {"created": 5}), *_NONSENSE),
    Fault("true for a number", changed({"cpus": True}, {"created": True}), *_NONSENSE),
    Fault("a list for an object", changed({"qemu": []}, {"uid": []}), *_NONSENSE),
    Fault("an object for a word", changed({"uptime": {}}, {"finished": {}}), *_NONSENSE),
    Fault("NaN", figure("NaN"), *_NONSENSE),
    Fault("Infinity", figure("-Infinity"), *_NONSENSE),
    Fault("1e999", figure("1e999"), *_NONSENSE),
    Fault("2**70", figure(str(2**70)), *_NONSENSE),
    Fault("a number of 10 000 digits", figure("9" * 10_000), *_NONSENSE),
    Fault("NUL in words", changed({"status": "run\0ning"}, {"uid": "a\0b"}), None, None),
    Fault("lone surrogates", changed({"status": "\ud800x"}, {"uid": "\udfff\ud800"}), None, None),
    Fault("unknown words", changed({"status": "meditating"}, {"finished": "soon"}), None, None),
    Fault("another command", changed({}, {"command": "kill"}), None, OutcomeUnknown),
    Fault("unfinished", changed({}, {"finished": None}), None, None),
    Fault("bytes that are no UTF-8", body(b'{"success": "\xff\xfe"}'), *_NONSENSE),
    Fault("gzip that is none", body(b'{"success": true}', headers=GZIP), *_NONSENSE),
    Fault("gzip cut", body(compressed(b'{"a": 1}' * 99)[:30], headers=GZIP), *_NONSENSE),
    Fault("gzip bomb", body(bomb(), headers=GZIP), *_NONSENSE),
    Fault(
        "gzip bomb in gzip", body(compressed(bomb()), headers="Content-Encoding: gzip, gzip\r\n"), *_NONSENSE
    ),
    Fault("30 MB declared", body(b" " * 30_000_000), *_NONSENSE),
    Fault("30 MB in chunks", huge_in_chunks, *_NONSENSE),
    Fault("30 MB until it closes", huge_until_closed, *_NONSENSE),
]
