"""The faults of the provider as its call for a console meets them. Most go wrong whatever is asked; for those that
change a field of a reply, it is the ticket or the secret here."""

import json
from dataclasses import replace

from tests.provider.answer_faults import Respond
from tests.provider.fault_server import FAULTS, Exchange, Fault
from tests.provider.raw_server import Expected
from vps.provider.errors import BadReply

LEFT_OUT = "left out"


def written(field: str, value: str) -> Respond:
    """The documented reply with this field as JSON that says that."""

    def respond(exchange: Exchange) -> None:
        reply = exchange.documented() | {field: "@"}
        if value == LEFT_OUT:
            del reply[field]
        exchange.answer(json.dumps(reply).replace('"@"', value).encode())

    return respond


def harmless(value: str) -> tuple[Respond, Expected]:
    return written("more", value), None


# Of the faults that change a field: how they do it here, and the error that it is.
FIELDS: dict[str, tuple[Respond, Expected]] = {
    "a missing field": (written("ticket", LEFT_OUT), BadReply),
    "a null field": (written("secret", "null"), BadReply),
    "a number for a word": (written("ticket", "1"), BadReply),
    "a word for a number": (written("success", '"true"'), BadReply),
    "true for a number": (written("secret", "true"), BadReply),
    "a list for an object": (written("ticket", "[]"), BadReply),
    "an object for a word": (written("secret", "{}"), BadReply),
    "NaN": (written("ticket", "NaN"), BadReply),
    "Infinity": (written("secret", "-Infinity"), BadReply),
    "1e999": (written("ticket", "1e999"), BadReply),
    "2**70": (written("secret", str(2**70)), BadReply),
    "a number of 10 000 digits": (written("ticket", "9" * 10_000), BadReply),
    "NUL in words": (written("ticket", '"a\\u0000b"'), BadReply),
    "lone surrogates": (written("secret", '"\\ud800x"'), BadReply),
    "unknown words": harmless('"meditating"'),
    "another command": harmless('{"command": "kill"}'),
    "unfinished": harmless("null"),
}
TICKETS = [
    Fault("a ticket that walks up the path", written("ticket", '".."'), BadReply, None),
    Fault("an empty ticket", written("ticket", '""'), BadReply, None),
    Fault("an empty secret", written("secret", '""'), BadReply, None),
    Fault("a ticket without end", written("ticket", json.dumps("a" * 5000)), BadReply, None),
    Fault("a ticket that names a host", written("ticket", '"@evil.example/#"'), None, None),
]


def _here(fault: Fault) -> Fault:
    respond, get = FIELDS.get(fault.name, (fault.respond, fault.get))
    return replace(fault, respond=respond, get=get)


CONSOLE_FAULTS = [*map(_here, FAULTS), *TICKETS]
