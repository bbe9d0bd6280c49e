"""What a card must say for each fault of the provider: its problem, or the status word that came."""

from tests.provider.fault_server import Fault
from vps.models import Status
from vps.provider import errors

P = Status.Problem

BY_ERROR: dict[type[errors.ProviderError], str] = {
    errors.Unreachable: P.UNREACHABLE,
    errors.BadReply: P.UNREADABLE,
    errors.Refused: P.UNREADABLE,
    errors.TokenRefused: P.REFUSED,
    errors.NotAllowed: P.REFUSED,
    errors.NotFound: P.GONE,
    errors.RateLimited: P.LIMITED,
}

# Faults that a reading survives: the word that the card then shows.
WORDS = {
    "NUL in words": "run\ufffdning",
    "lone surrogates": "\ufffdx",
    "unknown words": "meditating",
}

# Faults of the line that come before the server knows which machine is asked for: they meet all.
MEETS_ALL = {"connection refused", "reset before the request was read", "hangs before it reads"}


def problems(fault: Fault) -> set[str]:
    """What the card may say; {""} where the reading succeeds all the same."""
    if fault.get is None:
        return {P.NONE}
    expected = fault.get if isinstance(fault.get, tuple) else (fault.get,)
    return {BY_ERROR[error] for error in expected}


def word(fault: Fault) -> str:
    """The status word on the card: of this reading, else of the one before it."""
    return WORDS.get(fault.name, "running")


def is_about_the_token(fault: Fault) -> bool:
    """429 says something of the token, and so of all its machines."""
    return fault.get is errors.RateLimited
