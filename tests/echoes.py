"""A provider that repeats the token that it was asked with, in every place where it can."""

import json
from collections.abc import Callable

from tests.provider.fault_server import Exchange


def token_in(exchange: Exchange) -> str:
    return exchange.request.partition(b"Bearer ")[2].partition(b"\r\n")[0].decode()


def in_every_word(exchange: Exchange) -> None:
    token = token_in(exchange)
    if "/vps/" in exchange.path:
        words = {"status": token, "qemu": {"agent": True, "version": f"7 {token}"}}
        exchange.answer_json({**exchange.documented(), **words}, headers=f"X-Token: {token}\r\n")
    else:
        details = {"ipv4": token, "ipv6": f"{token}/64", "status": token}
        entry = {"uid": "vm-1", "type": "vps", "name": f"a {token} b", "details": details}
        exchange.answer_json([entry], headers=f"Set-Cookie: t={token}\r\n")


def in_every_word_escaped(exchange: Exchange) -> None:
    letters = "".join(f"\\u{ord(letter):04x}" for letter in token_in(exchange))
    if "/vps/" in exchange.path:
        exchange.answer(json.dumps({**exchange.documented(), "status": "@"}).replace("@", letters).encode())
    else:
        entry = {"uid": "vm-1", "type": "vps", "name": "a @ b", "details": None}
        exchange.answer(json.dumps([entry]).replace("@", letters).encode())


def as_an_error(status: str) -> Callable[[Exchange], None]:
    def respond(exchange: Exchange) -> None:
        token = token_in(exchange)
        exchange.answer_json({"error": f"{token} may not: {token}"}, status, f"X-Token: {token}\r\n")

    return respond


def as_a_page(exchange: Exchange) -> None:
    exchange.answer(f"<title>{token_in(exchange)}</title>".encode(), "502 Bad Gateway")


def as_a_redirect(exchange: Exchange) -> None:
    location = f"Location: {exchange.server.url}/?{token_in(exchange)}\r\n"
    exchange.answer(b"", f"302 {token_in(exchange)}", location)


def as_no_http(exchange: Exchange) -> None:
    exchange.send(f"HTTP/1.1 200 OK\r\nX-A b\r\n {token_in(exchange)}\r\n{token_in(exchange)}\r\n".encode())


ECHOES = {
    "in every word": in_every_word,
    "in every word, escaped": in_every_word_escaped,
    **{f"in a {status}": as_an_error(f"{status} No") for status in (400, 401, 403, 404, 429, 500)},
    "in a page": as_a_page,
    "in a redirect": as_a_redirect,
    "in nonsense": as_no_http,
}
