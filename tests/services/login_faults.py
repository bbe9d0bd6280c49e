"""The faults of the provider as its two calls about a default login meet them: `get` is a reveal's, `post` a clear's.

Most go wrong whatever is asked. For those that change a field of a reply, these replies have others.
"""

import json
from dataclasses import replace

from tests.provider.answer_faults import Respond, error
from tests.provider.fault_server import FAULTS, Exchange, Fault
from tests.provider.raw_server import Expected
from tests.services.fault_table import SURE
from vps.provider.errors import BadReply, OutcomeUnknown, Refused

GONE = "Default password no longer available"
LEFT_OUT = "left out"


def written(password: str, success: str) -> Respond:
    """The documented reply with its password, or its success, as JSON that says that."""

    def respond(exchange: Exchange) -> None:
        field, value = ("success", success) if exchange.method == "POST" else ("password", password)
        reply = exchange.documented() | {field: "@"}
        if value == LEFT_OUT:
            del reply[field]
        exchange.answer(json.dumps(reply).replace('"@"', value).encode())

    return respond


def both(value: str) -> tuple[Respond, Expected, Expected]:
    """Neither a password nor a success."""
    return written(value, value), BadReply, OutcomeUnknown


def harmless(more: str) -> tuple[Respond, Expected, Expected]:
    return written(f'"good", "more": {more}', f'true, "more": {more}'), None, None


FIELDS: dict[str, tuple[Respond, Expected, Expected]] = {
    "a missing field": both(LEFT_OUT),
    "a null field": both("null"),
    "a number for a word": both("1"),
    "a word for a number": (written('""', '"true"'), BadReply, OutcomeUnknown),
    "true for a number": (written("true", "[true]"), BadReply, OutcomeUnknown),
    "a list for an object": both("[]"),
    "an object for a word": both("{}"),
    "NaN": both("NaN"),
    "Infinity": both("-Infinity"),
    "1e999": both("1e999"),
    "2**70": both(str(2**70)),
    "a number of 10 000 digits": both("9" * 10_000),
    "NUL in words": (written('"a\\u0000b"', 'true, "more": "a\\u0000b"'), BadReply, None),
    "lone surrogates": (written('"\\ud800x"', 'true, "more": "\\ud800x"'), BadReply, None),
    "unknown words": harmless('"meditating"'),
    "another command": harmless('{"command": "kill"}'),
    "unfinished": harmless("null"),
}
NO_LONGER = [
    Fault("400 that it is gone", error("400 Bad Request", GONE), Refused, Refused),
    Fault("400 that it is GONE.", error("400 Bad Request", f"{GONE.upper()}."), Refused, Refused),
]


def _here(fault: Fault) -> Fault:
    if fault.name == "success alone":
        return replace(fault, post=None)
    respond, get, post = FIELDS.get(fault.name, (fault.respond, fault.get, fault.post))
    return replace(fault, respond=respond, get=get, post=post)


LOGIN_FAULTS = [*map(_here, FAULTS), *NO_LONGER]


def revealed(fault: Fault) -> str:
    if fault in NO_LONGER:
        return "gone"
    return "failed" if fault.get else "succeeded"


def cleared(fault: Fault) -> set[str]:
    """Succeeded only where the provider said so; failed only where it surely was not done."""
    if fault in NO_LONGER:
        return {"gone"}
    if fault.post is None:
        return {"succeeded"}
    expected = fault.post if isinstance(fault.post, tuple) else (fault.post,)
    return {"failed" if each in SURE else "unknown" for each in expected}
