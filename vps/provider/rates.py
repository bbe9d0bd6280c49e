"""The provider's rate limit, as far as its headers tell ("Errors")."""

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 3600.0  # seconds: a mistaken header must not silence a token for a day
_EPOCH = 1_000_000_000  # a reset of more seconds than this is a moment (2001 and later), not a span
_NUMBER = re.compile(r"\s*(-?[0-9]{1,18}(?:\.[0-9]{1,9})?)\s*(?:[,;].*)?")


@dataclass(frozen=True, slots=True)
class Rate:
    """The allowance of a token; None where the provider did not tell, or told nonsense."""

    limit: int | None = None
    remaining: int | None = None
    reset_after: float | None = None  # seconds from the answer on, 0 to 3600


def rate_of(headers: Mapping[str, str]) -> Rate:
    limit = _number(headers.get("X-RateLimit-Limit"))
    remaining = _number(headers.get("X-RateLimit-Remaining"))
    return Rate(
        limit=int(limit) if limit is not None and limit >= 1 else None,
        remaining=int(remaining) if remaining is not None and remaining >= 0 else None,
        reset_after=_span(_number(headers.get("X-RateLimit-Reset"))),
    )


def retry_after_of(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait after a 429, by Retry-After, else by X-RateLimit-Reset."""
    written = headers.get("Retry-After")
    told = _span(_number(written))
    if told is None and written:
        told = _until(written)
    return rate_of(headers).reset_after if told is None else told


def _number(written: str | None) -> float | None:
    match = _NUMBER.fullmatch(written) if written else None
    return float(match[1]) if match else None


def _span(seconds: float | None) -> float | None:
    """Seconds from now, of a number that is either that or seconds since 1970."""
    if seconds is None:
        return None
    return _bounded(seconds - time.time() if seconds > _EPOCH else seconds)


def _until(written: str) -> float | None:
    try:
        moment = parsedate_to_datetime(written)
        return _bounded(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _bounded(seconds: float) -> float | None:
    return min(max(seconds, 0.0), LONGEST_WAIT) if math.isfinite(seconds) else None
