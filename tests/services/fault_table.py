"""What must be said for each fault of the provider: of a check on the card, and of a power action."""

from tests.provider.fault_server import Fault
from vps.models import PowerAction, Status
from vps.provider import errors

P = Status.Problem
State = PowerAction.State

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


# After any other error of a POST, nobody knows whether it was done.
SURE: set[type[errors.ProviderError]] = {
    errors.Unreachable,
    errors.Refused,
    errors.TokenRefused,
    errors.NotAllowed,
    errors.NotFound,
    errors.RateLimited,
}


def states(fault: Fault) -> set[str]:
    """What may become of a power action: succeeded only where the provider accepted it in so many words."""
    if fault.post is None:
        return {State.SUCCEEDED}
    expected = fault.post if isinstance(fault.post, tuple) else (fault.post,)
    return {State.FAILED if error in SURE else State.UNKNOWN for error in expected}


def is_received(fault: Fault) -> bool:
    """Whether the request is taken whole before it goes wrong."""
    return fault.listens and fault.reads
