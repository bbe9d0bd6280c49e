"""From an answer's bytes to JSON, within bounds."""

import json
from typing import Any, NoReturn

from vps.provider.secret import Secret

LARGEST_BODY = 2 * 1024 * 1024  # bytes, after decompression
DEEPEST = 32  # nested arrays and objects; documented replies have three


class Unreadable(Exception):
    """The body is no JSON that we take; the only argument is a short word for why."""

    @property
    def reason(self) -> str:
        return str(self.args[0])


def read_body(raw: Any, declared: str | None) -> bytes:
    """All bytes of the answer, decompressed. Unreadable if too many, else what the stream raises."""
    if declared is not None and declared.isdecimal() and int(declared[:18]) > LARGEST_BODY:
        raise Unreadable("too_big")
    # One read is enough: it goes on until it has as much as was asked for, or the body has ended.
    body: bytes = raw.read(LARGEST_BODY + 1, decode_content=True)
    if len(body) > LARGEST_BODY:
        raise Unreadable("too_big")
    return body


def parse(body: bytes, token: Secret) -> object:
    """The JSON value in `body`; should the provider repeat the token, it is `***` in there."""
    try:
        value: object = json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        reason = "too_deep" if isinstance(error, RecursionError) else "not_json"
    else:
        if not _is_deeper(value, DEEPEST):
            return _without(token.reveal(), value)
        reason = "too_deep"
    raise Unreadable(reason)


def _without(secret: str, value: object) -> object:
    """`value` with the secret masked in every word, however the sender escaped it."""
    if isinstance(value, str):
        return value.replace(secret, "***")
    if isinstance(value, dict):
        return {_without(secret, key): _without(secret, inner) for key, inner in value.items()}
    return [_without(secret, inner) for inner in value] if isinstance(value, list) else value


def _no_number(constant: str) -> NoReturn:
    raise ValueError(constant)


def _is_deeper(value: object, levels: int) -> bool:
    level = [value]
    for _ in range(levels + 1):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _inside(value: object) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
