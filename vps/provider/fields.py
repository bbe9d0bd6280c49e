"""Reading single fields out of a reply: the right type within its bounds, or BadReply naming the field."""

import math
from collections.abc import Mapping

from vps.provider.errors import BadReply
from vps.provider.secret import Secret
from vps.provider.text import NAME, clean, is_clean

LARGEST = 2**63 - 1  # what a signed 64-bit column holds
LONGEST_SECRET = 4096


def mapping(value: object, field: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BadReply(field)
    return value


def truth(source: Mapping[str, object], field: str) -> bool:
    value = source.get(field)
    if not isinstance(value, bool):
        raise BadReply(field)
    return value


def number(source: Mapping[str, object], field: str) -> float:
    value = source.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadReply(field)
    if not -LARGEST <= value <= LARGEST or not math.isfinite(value):
        raise BadReply(field)
    return float(value)


def whole(source: Mapping[str, object], field: str) -> int:
    """A whole number of 64 bits; 5e9 is one, as some encoders write it."""
    value = source.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadReply(field)
    if not -LARGEST <= value <= LARGEST or value != value // 1:
        raise BadReply(field)
    return min(int(value), LARGEST)


def words(source: Mapping[str, object], field: str, length: int = NAME) -> str:
    """A string with something in it, cleaned and cut to `length` characters."""
    value = source.get(field)
    if not isinstance(value, str):
        raise BadReply(field)
    cleaned = clean(value, length)
    if not cleaned:
        raise BadReply(field)
    return cleaned


def words_or_none(source: Mapping[str, object], field: str, length: int = NAME) -> str | None:
    return None if source.get(field) is None else words(source, field, length)


def words_if_any(source: Mapping[str, object], field: str, length: int = NAME) -> str:
    """As `words`, but "" for what is missing, empty or no string: for what only decorates a reply."""
    value = source.get(field)
    return clean(value, length) if isinstance(value, str) else ""


def secret(source: Mapping[str, object], field: str) -> Secret:
    """A secret as it came: a cleaned one would not work, so one that needs cleaning is no secret."""
    value = source.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_SECRET or not is_clean(value):
        raise BadReply(field)
    return Secret(value)
