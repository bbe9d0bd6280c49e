"""Why a power action failed, and what to do about it: to the owner of its token, and to others."""

from typing import TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from vps.models import PowerAction
from vps.services import words

Kind = TypeVar("Kind")

# Why an action failed: a few words, and what to do. By the code of the provider's error, or of our own.
WHY: dict[str, tuple[Promise, Promise]] = {
    "unreachable": (
        gettext_lazy("nothing was sent"),
        gettext_lazy("The provider could not be reached: %(reason)s. Press again when it answers."),
    ),
    "never_sent": (
        gettext_lazy("nothing was sent"),
        gettext_lazy("The panel was interrupted before it could ask the provider. Press again."),
    ),
    "unreachable.internal": (
        gettext_lazy("nothing was sent"),
        gettext_lazy("Something went wrong in the panel. Tell your administrator if it stays."),
    ),
    "unreachable.late": (
        gettext_lazy("nothing was sent"),
        gettext_lazy("The panel stood still before it could ask the provider. Press again."),
    ),
    "token_refused": (
        gettext_lazy("the token was refused"),
        gettext_lazy("The provider said 401 to “%(token)s”: it may be expired or revoked. Replace it."),
    ),
    "token_refused.seal": (
        gettext_lazy("nothing was sent"),
        gettext_lazy("The stored token “%(token)s” cannot be opened. Replace it."),
    ),
    "not_allowed": (
        gettext_lazy("the token may not do this"),
        gettext_lazy(
            "The provider said 403 to “%(token)s”. Give it the permission VPS_CONTROL there, then press again."
        ),
    ),
    "not_found": (
        gettext_lazy("the provider does not know it"),
        gettext_lazy("It said 404 to “%(token)s”: the machine may have been deleted there."),
    ),
    "rate_limited": (
        gettext_lazy("the provider wants fewer calls"),
        gettext_lazy("It said 429 to “%(token)s”. Press again in a minute."),
    ),
    "refused": (
        gettext_lazy("the provider said no"),
        gettext_lazy("Look at the machine's state, then decide."),
    ),
}
# What to do where the token is another person's, whose name for it is theirs.
OTHERS: dict[str, Promise] = {
    "token_refused": gettext_lazy(
        "The provider said 401 to the token that was used: it may be expired or revoked. Its owner can replace it."
    ),
    "token_refused.seal": gettext_lazy(
        "The stored token that was used cannot be opened. Its owner can replace it."
    ),
    "not_allowed": gettext_lazy(
        "The provider said 403 to the token that was used. Its owner can give it the permission VPS_CONTROL there."
    ),
    "not_found": gettext_lazy(
        "It said 404 to the token that was used: the machine may have been deleted there."
    ),
    "rate_limited": gettext_lazy("It said 429 to the token that was used. Press again in a minute."),
}


def why_words(reason: str) -> str:
    """Why an action failed, in a few words."""
    return str(_by_reason(WHY, reason, WHY["refused"])[0])


def advice(action: PowerAction, *, mine: bool) -> str:
    """What to do about it; the token's name is told where it is `mine`, of who reads this."""
    told = _by_reason(WHY, action.reason, WHY["refused"])[1]
    if not mine:
        told = _by_reason(OTHERS, action.reason, told)
    reason = words.reason_words(action.reason.partition(".")[2])
    return str(told) % {"reason": reason, "token": action.token_name}


def _by_reason(table: dict[str, Kind], reason: str, otherwise: Kind) -> Kind:
    return table.get(reason) or table.get(reason.partition(".")[0]) or otherwise
