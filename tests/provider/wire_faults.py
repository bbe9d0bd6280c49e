"""Faults of the line: connections that break, hang or drip, and bytes that are no HTTP."""

from collections.abc import Callable

from tests.provider.raw_server import Exchange, Fault, head
from vps.provider.errors import BadReply, OutcomeUnknown, Unreachable


def reset_at_once(exchange: Exchange) -> None:
    exchange.reset()


def close_without_a_word(exchange: Exchange) -> None:
    pass


def hold(exchange: Exchange) -> None:
    exchange.hold()


def drip_the_head(exchange: Exchange) -> None:
    exchange.drip(head() + b"x")


def drip_endless_headers(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\n")
    exchange.drip(b"X-A: b\r\n", again=True)


def drip_the_body(exchange: Exchange) -> None:
    exchange.send(head(headers="Content-Length: 100000\r\n"))
    exchange.drip(b" ", again=True)


def drip_chunks(exchange: Exchange) -> None:
    exchange.send(head(headers="Transfer-Encoding: chunked\r\n"))
    exchange.drip(b"1\r\n \r\n", again=True)


def drip_a_refusal(exchange: Exchange) -> None:
    exchange.send(head("500 Oops", "Content-Length: 100000\r\n"))
    exchange.drip(b" ", again=True)


def continue_for_ever(exchange: Exchange) -> None:
    exchange.drip(b"HTTP/1.1 100 Continue\r\n\r\n", again=True)


def then_hold(data: bytes) -> Callable[[Exchange], None]:
    def respond(exchange: Exchange) -> None:
        exchange.send(data)
        exchange.hold()

    return respond


def then_reset(data: bytes) -> Callable[[Exchange], None]:
    def respond(exchange: Exchange) -> None:
        exchange.send(data)
        exchange.reset()

    return respond


def just(data: bytes) -> Callable[[Exchange], None]:
    """Sends that, and closes."""

    def respond(exchange: Exchange) -> None:
        exchange.send(data)

    return respond


CHUNKED = head(headers="Transfer-Encoding: chunked\r\n")
FIFTY = head(headers="Content-Length: 50\r\n")

_LOST = (Unreachable, OutcomeUnknown)
_NONSENSE = (BadReply, OutcomeUnknown)
# A reset that is quick enough is met while connecting, when surely nothing was sent.
_EITHER = (Unreachable, OutcomeUnknown)

WIRE_FAULTS = [
    Fault("connection refused", reset_at_once, Unreachable, Unreachable, listens=False, reads=False),
    Fault("reset before the request was read", reset_at_once, Unreachable, _EITHER, reads=False),
    Fault("reset after the request was read", reset_at_once, *_LOST),
    Fault("closed without a word", close_without_a_word, *_LOST),
    # Bytes that a reset overtakes are lost or not, as the kernel likes.
    Fault("reset within the head", then_reset(head()[:30]), (Unreachable, BadReply), OutcomeUnknown),
    Fault("reset within the body", then_reset(FIFTY + b'{"a'), (Unreachable, BadReply), OutcomeUnknown),
    Fault("hangs before it reads", hold, *_LOST, slow=True, reads=False),
    Fault("hangs before the answer", hold, *_LOST, slow=True),
    Fault("hangs within the head", then_hold(head()[:30]), *_LOST, slow=True),
    Fault("hangs before the body", then_hold(FIFTY), *_LOST, slow=True),
    Fault("hangs within the body", then_hold(FIFTY + b'{"a'), *_LOST, slow=True),
    Fault("drips the head", drip_the_head, *_LOST, slow=True),
    Fault("drips endless headers", drip_endless_headers, *_LOST, slow=True),
    Fault("drips the body", drip_the_body, *_LOST, slow=True),
    Fault("drips chunks", drip_chunks, *_LOST, slow=True),
    Fault("drips the body of an error", drip_a_refusal, *_LOST, slow=True),
    Fault("continues for ever", continue_for_ever, *_LOST, slow=True),
    Fault("cut within the status line", just(b"HTTP/1.1 2"), *_NONSENSE),
    Fault("cut after the status line", just(b"HTTP/1.1 200 OK\r\n"), *_NONSENSE),
    Fault("cut within a header", just(b"HTTP/1.1 200 OK\r\nContent-Le"), *_NONSENSE),
    Fault("cut before the body", just(FIFTY), *_NONSENSE),
    Fault("cut within the body", just(FIFTY + b'{"success": true'), *_NONSENSE),
    Fault("cut within a chunk", just(CHUNKED + b'20\r\n{"success": true'), *_NONSENSE),
    Fault("cut before the last chunk", just(CHUNKED + b"2\r\n{}\r\n"), *_NONSENSE),
    Fault("a chunk of no size", just(CHUNKED + b"zz\r\n{}\r\n"), *_NONSENSE),
    Fault("no HTTP at all", just(b"SSH-2.0-OpenSSH_9.2\r\n"), *_NONSENSE),
    Fault("binary noise", just(bytes(range(256)) * 8), *_NONSENSE),
    Fault("a status that is no number", just(b"HTTP/1.1 two OK\r\n\r\n"), *_NONSENSE),
    Fault(
        "two lengths", just(head(headers="Content-Length: 2\r\nContent-Length: 3\r\n") + b"{}"), *_NONSENSE
    ),
    Fault("a length that is none", just(head(headers="Content-Length: many\r\n") + b"{}"), *_NONSENSE),
    Fault("too many headers", just(head(headers="X-A: b\r\n" * 200) + b"{}"), *_NONSENSE),
    Fault("a header without end", just(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 100_000), *_NONSENSE),
]
