"""Puts bulks into words: what would be done, why a machine is left out, how far it is, how it ended."""

from collections import Counter
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from vps.access import unread
from vps.models import Machine, PowerAction
from vps.provider import errors
from vps.services.action_words import Command, Words, pressed

Counted: TypeAlias = dict[str, Promise]

DEEDS: Counted = {
    Command.START: ngettext_lazy("Start %(n)d machine", "Start %(n)d machines", "n"),
    Command.STOP: ngettext_lazy("Shut down %(n)d machine", "Shut down %(n)d machines", "n"),
    Command.REBOOT: ngettext_lazy("Reboot %(n)d machine", "Reboot %(n)d machines", "n"),
}
CONSEQUENCES: Words = {
    Command.START: gettext_lazy("Each is asked to start, as if its own button were pressed."),
    Command.STOP: gettext_lazy(
        "Their programs are asked to stop, then they are off until somebody presses Start."
    ),
    Command.REBOOT: gettext_lazy(
        "Their programs are asked to stop; each is back in about a minute. What they have not saved is lost."
    ),
}
LEFT_OUT: Words = {
    "running": gettext_lazy("It runs already."),
    "stopped": gettext_lazy("It is stopped."),
    "gone": gettext_lazy("The provider no longer knows it."),
    "look_only": gettext_lazy("You may only look at it."),
    "protected": gettext_lazy("It is protected: act on it alone, by its name."),
    "under_way": gettext_lazy("Another action is under way."),
    "asked_before": gettext_lazy("The same was asked for just before."),
    "not_yours": gettext_lazy("You may no longer see it."),
    "stopped_rest": gettext_lazy("You stopped the rest before its turn came."),
}
REACHED: Counted = {
    Command.START: ngettext_lazy("%(n)d runs", "%(n)d run", "n"),
    Command.STOP: ngettext_lazy("%(n)d has stopped", "%(n)d have stopped", "n"),
    Command.REBOOT: ngettext_lazy("%(n)d runs again", "%(n)d run again", "n"),
}
# What else can have become of a machine, in the order in which it is told.
OTHERWISE: Counted = {
    "accepted": ngettext_lazy("%(n)d accepted and watched", "%(n)d accepted and watched", "n"),
    "missed": ngettext_lazy("%(n)d accepted, but not seen so", "%(n)d accepted, but not seen so", "n"),
    "failed": ngettext_lazy("%(n)d failed", "%(n)d failed", "n"),
    "unknown": ngettext_lazy("%(n)d unknown", "%(n)d unknown", "n"),
    "asking": ngettext_lazy("%(n)d being asked", "%(n)d being asked", "n"),
    "interrupted": ngettext_lazy("%(n)d interrupted", "%(n)d interrupted", "n"),
    "waiting": ngettext_lazy("%(n)d waiting", "%(n)d waiting", "n"),
    "left_out": ngettext_lazy("%(n)d left out", "%(n)d left out", "n"),
}
PAUSES: Words = {
    errors.RateLimited.code: gettext_lazy("The provider wants fewer calls (429)."),
    errors.Unreachable.code: gettext_lazy("The provider cannot be reached."),
    errors.OutcomeUnknown.code: gettext_lazy("The provider gives no clear answer."),
    errors.TokenRefused.code: gettext_lazy("The provider refuses the token (401)."),
}


def deed(command: str, n: int) -> str:
    """“Reboot 12 machines”: a title, and the button that does it."""
    return str(DEEDS[command] % {"n": n})


def why_left_out(reason: str, action: PowerAction | None, machine: Machine | None) -> SafeString:
    """With who pressed what, where that stands in the way. The machine as this person sees it now, if they still do."""
    if reason == "no_token" and machine:
        return format_html("{}", unread(machine).sentence)
    sentence = LEFT_OUT.get(reason, LEFT_OUT["not_yours"])
    if action and reason in ("under_way", "asked_before"):
        return format_html("{} {}", sentence, pressed(action))
    return format_html("{}", sentence)


def unsure_sentence(n: int) -> str:
    return ngettext(
        "What %(n)d of them does now is not known; it is asked all the same.",
        "What %(n)d of them do now is not known; they are asked all the same.",
        n,
    ) % {"n": n}


def in_console(names: list[str]) -> str:
    told = {"names": ", ".join(names)}
    return ngettext("%(names)s is in its console.", "%(names)s are in its console.", len(names)) % told


def what_became(command: str, became: Counter[str]) -> str:
    """“8 have stopped, 1 failed, 2 left out”; "" where there is nothing to tell yet."""
    frames: Counted = {"reached": REACHED[command], **OTHERWISE}
    return ", ".join(str(frame % {"n": became[key]}) for key, frame in frames.items() if became[key])


def pause_sentence(reason: str, until: SafeString) -> SafeString:
    return format_html(_("{} The rest waits until {}, then goes on with care."), PAUSES[reason], until)


def end_sentence(command: str, became: Counter[str]) -> str:
    """The summary, once nothing moves any more."""
    told = what_became(command, became)
    return _("Done: %(told)s.") % {"told": told} if told else _("There was nothing to do.")
