"""Puts codes into words for people: the one place where a provider's failure becomes a sentence."""

from datetime import datetime

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vps.models import Status
from vps.provider import errors
from vps.services import times

P = Status.Problem

# What a card calls each state, and its tone. Status words of the provider are not in here but as they came.
STATES: dict[str, tuple[Promise, str]] = {
    "running": (gettext_lazy("Running"), "ok"),
    "stopped": (gettext_lazy("Stopped"), "off"),
    "unseen": (gettext_lazy("Not seen yet"), "off"),
    "unreachable": (gettext_lazy("API unreachable"), "bad"),
    "refused": (gettext_lazy("Token refused"), "bad"),
    "unreadable": (gettext_lazy("Unreadable answer"), "bad"),
    "limited": (gettext_lazy("Rate limited"), "late"),
    "gone": (gettext_lazy("Gone"), "late"),
}

REASONS: dict[str, Promise] = {
    "timeout": gettext_lazy("it did not answer in time"),
    "refused": gettext_lazy("it refused the connection"),
    "reset": gettext_lazy("it broke the connection off"),
    "dns": gettext_lazy("its name was not found"),
    "tls": gettext_lazy("its certificate or encryption was not accepted"),
    "server_error": gettext_lazy("it answered with a failure of its own"),
    "waiting": gettext_lazy("it answers none of this token's checks, and is tried every few seconds"),
}


WAITING = "waiting"  # the reason of a check that was not made, as the token's checks have stopped
SEAL = "seal"  # the reason of a token that was never sent, as it does not open here


def error_sentence(error: errors.ProviderError, *, own: bool = True) -> str:
    """One or two sentences: what happened, in the provider's words where it said some, and what to do. Without `own`
    the token is another person's: what was said to it is theirs, and they alone can do something about it."""
    if not own:
        return _sentence_of_others(error)
    sentence = _sentence(error)
    if error.reason == SEAL or not error.said:
        return sentence
    return f"{sentence} {quoted(error.said)}"


def _sentence(error: errors.ProviderError) -> str:
    match error:
        case errors.TokenRefused(reason="seal"):
            return _("%(said)s The stored token cannot be opened: replace it.") % {"said": error.said}
        case errors.TokenRefused():
            return _("The provider refuses this token (401): it may be mistyped, expired or revoked.")
        case errors.NotAllowed():
            return _("The token may not do this (403). Give it the permission at the provider.")
        case errors.NotFound():
            return _(
                "The provider knows no such project or machine, or does not show it to this token (404)."
            )
        case errors.RateLimited():
            return _("The provider wants fewer calls (429). Try again in a minute.")
        case errors.Refused():
            return _("The provider says no to this.")
        case errors.Unreachable():
            return _("The provider could not be reached: %(reason)s. Try again.") % {
                "reason": reason_words(error.reason)
            }
        case _:
            return _(
                "The provider's answer could not be understood. Try again, and tell your administrator if it stays."
            )


def _sentence_of_others(error: errors.ProviderError) -> str:
    match error:
        case errors.TokenRefused(reason="seal"):
            return _("The token that is shared with you cannot be opened. Its owner can replace it.")
        case errors.TokenRefused():
            return _(
                "The provider refuses the token that is shared with you (401). Its owner can replace it."
            )
        case errors.NotAllowed():
            return _(
                "The token that is shared with you may not do this (403). Its owner can give it the permission."
            )
        case _:
            return _sentence(error)


def reason_words(reason: str) -> str:
    return str(REASONS.get(reason, _("no usable answer came")))


def problem_sentence(row: Status, told: bool) -> SafeString:
    """What a card says of the last check that told nothing. `told`: it was made with a token of the reader's; what
    the provider says to other people's tokens is theirs."""
    if not told:
        return _of_others(row)
    said = format_html(" {}", quoted(row.said)) if row.said else ""
    since = clock(row.since) if row.since else ""
    if row.reason == SEAL:
        return format_html(_("{} Replace it."), row.said)
    match row.problem:
        case P.UNREACHABLE:
            return format_html(
                _("The provider has told nothing since {}: {}.{}"), since, reason_words(row.reason), said
            )
        case P.REFUSED:
            return format_html(_("The provider has refused the token since {}.{} Replace it."), since, said)
        case P.LIMITED:
            return format_html(
                _("The provider wants fewer calls with this token. It is asked again when it allows.{}"), said
            )
        case P.GONE:
            return format_html(
                _("The provider has not known it since {}. It may have been deleted there.{}"), since, said
            )
        case _:
            return format_html(_("Since {} the provider's answers have made no sense.{}"), since, said)


def _of_others(row: Status) -> SafeString:
    since = clock(row.since) if row.since else ""
    match row.problem:
        case P.UNREACHABLE:
            reason = reason_words(row.reason)
            return format_html(_("The provider has told nothing since {}: {}."), since, reason)
        case P.REFUSED:
            return format_html(_("The machine was asked with a token that has been refused since {}."), since)
        case P.LIMITED:
            return format_html("{}", _("The provider wants fewer calls. It is asked again when it allows."))
        case P.GONE:
            return format_html(
                _("The provider has not known it since {}. It may have been deleted there."), since
            )
        case _:
            return format_html(_("Since {} the provider's answers have made no sense."), since)


def quoted(said: str) -> str:
    """The provider's words as a sentence of ours, which ends once."""
    return _("It said: “%(said)s”.") % {"said": said.rstrip(" .") or said}


def clock(moment: datetime) -> SafeString:
    """A time of day, with the day where that is not today; the browser tells it in its own zone."""
    return times.time_element(moment, "when")


def unseen_sentence(interval: float) -> SafeString:
    seconds = round(interval)
    return format_html(
        ngettext("Its first answer comes within {} s.", "Its first answer comes within {} s.", seconds),
        seconds,
    )


def unknown_sentence() -> SafeString:
    return format_html("{}", _("The provider's own word, which this panel does not know."))
