"""Tells of a power action what became of it and of its machine: for the timeline, and for who is about to press."""

from collections.abc import Container
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps.models import PowerAction, Token
from vps.services import words
from vps.services.action_advice import why_words
from vps.services.action_words import WATCHED, Command, Words, joined, own_words, trail_words
from vps.services.times import SPANS, duration
from vps.services.watching import WATCH_SECONDS

State, Observed = PowerAction.State, PowerAction.Observed

# What each outcome is called, and its tone.
UNDER_WAY: tuple[Promise, str] = (gettext_lazy("under way"), "busy")
OUTCOMES: dict[tuple[str, str], tuple[Promise, str]] = {
    (State.SUCCEEDED, Observed.REACHED): (gettext_lazy("done"), ""),
    (State.SUCCEEDED, Observed.NOT_REACHED): (gettext_lazy("accepted, not reached"), "bad"),
    (State.SUCCEEDED, Observed.NOT_SEEN): (gettext_lazy("accepted, not seen"), "late"),
    (State.FAILED, Observed.NONE): (gettext_lazy("failed"), "bad"),
    (State.UNKNOWN, Observed.WATCHING): (gettext_lazy("outcome unknown"), "late"),
    (State.UNKNOWN, Observed.REACHED): (gettext_lazy("outcome unknown, but seen"), ""),
    (State.UNKNOWN, Observed.NOT_REACHED): (gettext_lazy("outcome unknown, not reached"), "bad"),
    (State.UNKNOWN, Observed.NOT_SEEN): (gettext_lazy("outcome unknown"), "late"),
}
REACHED: Words = {
    Command.START: gettext_lazy("Running after %(span)s."),
    Command.STOP: gettext_lazy("Stopped after %(span)s."),
    Command.REBOOT: gettext_lazy("Running again after %(span)s."),
    Command.KILL: gettext_lazy("Stopped after %(span)s."),
}
NOT_REACHED: Words = {
    Command.START: gettext_lazy("%(span)s later it did not run."),
    Command.STOP: gettext_lazy("%(span)s later it had not stopped."),
    Command.REBOOT: gettext_lazy("%(span)s later it had not booted anew."),
    Command.KILL: gettext_lazy("%(span)s later it had not stopped."),
}


def outcome_word(action: PowerAction) -> tuple[str, str]:
    """What became of it in a word or two, and its tone: "" for what went well."""
    word, tone = OUTCOMES.get((action.state, action.observed), UNDER_WAY)
    return str(word), tone


def own_tokens(user: AbstractBaseUser) -> frozenset[UUID]:
    """For `story`, where many actions are told."""
    return frozenset(Token.objects.filter(owner_id=user.pk).values_list("pk", flat=True))


def story(action: PowerAction, user: AbstractBaseUser, own: Container[object] | None = None) -> SafeString:
    """The same in sentences; with the provider's words where they were said to this person's token (of `own`, if
    given)."""
    said = own_words(action, user, own)
    return joined(_answered(action), words.quoted(said) if said else "", _seen(action))


def _answered(action: PowerAction) -> str:
    match action.state:
        case State.SUCCEEDED if action.answered_at:
            return _accepted(action.answered_at - action.requested_at)
        case State.FAILED:
            return f"{capfirst(why_words(action.reason))}."
        case State.UNKNOWN:
            return trail_words(action.reason)
    return ""


def _seen(action: PowerAction) -> str:
    command = action.command
    if action.observed == Observed.REACHED and action.observed_at:
        return str(REACHED[command] % {"span": _span(action.observed_at - action.requested_at)})
    if action.observed == Observed.NOT_REACHED and action.observed_at:
        return str(NOT_REACHED[command] % {"span": _span(action.observed_at - action.requested_at)})
    if action.observed == Observed.NOT_SEEN:
        span = _span(timedelta(seconds=WATCH_SECONDS))
        return _("Within %(span)s nobody saw whether it came to that.") % {"span": span}
    return str(WATCHED[command]) if action.observed == Observed.WATCHING else ""


def _span(span: timedelta) -> str:
    """In seconds as far as a watch goes."""
    seconds = span.total_seconds()
    return SPANS["s"] % {"n": max(0, seconds)} if seconds < 2 * WATCH_SECONDS else duration(span)


def _accepted(span: timedelta) -> str:
    """In tenths of a second: an answer takes five seconds at most."""
    seconds = span.total_seconds()
    return _("Accepted after %(n).1f s.") % {"n": seconds} if seconds >= 0.05 else _("Accepted at once.")
