"""Puts power actions and what became of them into words."""

from collections.abc import Container
from dataclasses import dataclass
from typing import TypeAlias

from django.contrib.auth.models import AbstractBaseUser
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps.models import PowerAction, Token
from vps.services import words
from vps.services.action_advice import advice, why_words
from vps.services.actions import under_way
from vps.services.times import time_element

Command: TypeAlias = PowerAction.Command
State, Observed = PowerAction.State, PowerAction.Observed
Words: TypeAlias = dict[str, Promise]


@dataclass(frozen=True)
class Told:
    """What a press led to: a sentence, and what to do next. `token`: the one that needs a look; `look`: so does the
    machine."""

    tone: str
    sentence: str
    advice: SafeString
    token: str = ""
    look: bool = False


# What the buttons are called.
BUTTONS: Words = {
    Command.START: gettext_lazy("Start"),
    Command.STOP: gettext_lazy("Shut down"),
    Command.REBOOT: gettext_lazy("Reboot"),
    Command.KILL: gettext_lazy("Force stop"),
}
UNDER_WAY: Words = {
    Command.START: gettext_lazy("%(name)s is already starting"),
    Command.STOP: gettext_lazy("%(name)s is already shutting down"),
    Command.REBOOT: gettext_lazy("%(name)s is already rebooting"),
    Command.KILL: gettext_lazy("%(name)s is already being force stopped"),
}
ACCEPTED: Words = {
    Command.START: gettext_lazy("%(name)s was asked to start."),
    Command.STOP: gettext_lazy("%(name)s was asked to shut down."),
    Command.REBOOT: gettext_lazy("%(name)s was asked to reboot."),
    Command.KILL: gettext_lazy("%(name)s was told to stop at once."),
}
WATCHED: Words = {
    Command.START: gettext_lazy("It is watched until it runs."),
    Command.STOP: gettext_lazy("It is watched until it has stopped."),
    Command.REBOOT: gettext_lazy("It is watched until it runs again."),
    Command.KILL: gettext_lazy("It is watched until it has stopped."),
}
FAILED: Words = {
    Command.START: gettext_lazy("%(name)s was not started: %(why)s."),
    Command.STOP: gettext_lazy("%(name)s was not shut down: %(why)s."),
    Command.REBOOT: gettext_lazy("%(name)s was not rebooted: %(why)s."),
    Command.KILL: gettext_lazy("%(name)s was not force stopped: %(why)s."),
}
UNKNOWN: Words = {
    Command.START: gettext_lazy("Nobody knows whether %(name)s was started."),
    Command.STOP: gettext_lazy("Nobody knows whether %(name)s was shut down."),
    Command.REBOOT: gettext_lazy("Nobody knows whether %(name)s was rebooted."),
    Command.KILL: gettext_lazy("Nobody knows whether %(name)s was force stopped."),
}
# How the trail of a request ends that may have been obeyed.
TRAILS: Words = {
    "timeout": gettext_lazy("The request was sent, then no answer came in time."),
    "reset": gettext_lazy("The request was sent, then the connection was cut."),
    "server_error": gettext_lazy(
        "The request was sent, then the provider answered with a failure of its own."
    ),
    "internal": gettext_lazy("The request may have been sent, then something went wrong in the panel."),
    "no_answer": gettext_lazy("The request was sent, then the panel was interrupted before an answer came."),
}
NEEDS_TOKEN = ("token_refused", "not_allowed")


def tell(
    action: PowerAction,
    command: Command,
    user: AbstractBaseUser,
    *,
    mine: bool = True,
    conflict: bool = False,
) -> Told:
    """What a press of `command` led to: `action` if `mine`, else to nothing, as that action stood in its way."""
    name = action.machine.name or action.machine.product
    if conflict:
        return _conflict(action, command, name)
    return _outcome(action, name, user) if mine else _again(action, name, user)


def _outcome(action: PowerAction, name: str, user: AbstractBaseUser) -> Told:
    """What became of a press, and what to do next; in the provider's words where they were said to this person's
    token."""
    match action.state:
        case State.SUCCEEDED:
            advice = WATCHED[action.command] if under_way(action) else ""
            return Told("ok", ACCEPTED[action.command] % {"name": name}, format_html("{}", advice))
        case State.FAILED:
            return _failed(action, name, own_words(action, user), _is_own(action, user))
        case State.UNKNOWN:
            return _unknown(action, name, own_words(action, user))
    return Told("ok", _("%(name)s: the provider is being asked.") % {"name": name}, SafeString(""))


def _failed(action: PowerAction, name: str, said: str, mine: bool) -> Told:
    quoted, todo = words.quoted(said) if said else "", advice(action, mine=mine)
    refused = action.reason.startswith("refused")
    return Told(
        tone="bad",
        sentence=FAILED[action.command] % {"name": name, "why": why_words(action.reason)},
        advice=joined(quoted, todo) if refused else joined(todo, quoted),
        token=str(action.token_id) if action.reason.startswith(NEEDS_TOKEN) and mine else "",
        look=refused,
    )


def _unknown(action: PowerAction, name: str, said: str) -> Told:
    advice = joined(
        trail_words(action.reason),
        words.quoted(said) if said else "",
        _("It is not sent again by itself."),
        _("Look at its uptime in a minute, then decide.")
        if action.command == Command.REBOOT
        else _("Look at its state in a minute, then decide."),
    )
    return Told("late", UNKNOWN[action.command] % {"name": name}, advice, look=True)


def trail_words(reason: str) -> str:
    """How the trail of a request ends of which nobody knows whether it was obeyed."""
    known = TRAILS.get(reason.rpartition(".")[2])
    return str(known or _("The request was sent, then an answer came that makes no sense."))


def pressed(action: PowerAction) -> SafeString:
    """“anna pressed Reboot 14 s ago.”"""
    ago = time_element(action.requested_at, "ago")
    return format_html(_("{} pressed {} {}."), action.person_name, BUTTONS[action.command], ago)


def _again(action: PowerAction, name: str, user: AbstractBaseUser) -> Told:
    """What a press led to that was the same as an earlier one: nothing was sent."""
    nothing = _("Nothing was sent a second time.")
    if not under_way(action):
        first = _outcome(action, name, user)
        advice = joined(nothing, pressed(action), first.sentence, _("Press again if you mean it anew."))
        return Told("late", _("This press was answered before."), advice, look=True)
    if action.state == State.UNKNOWN:
        sentence = UNKNOWN[action.command] % {"name": name}
        return Told("late", sentence, joined(pressed(action), nothing, WATCHED[action.command]), look=True)
    sentence = UNDER_WAY[action.command] % {"name": name} + "."
    return Told("busy", sentence, joined(pressed(action), nothing, WATCHED[action.command]))


def _conflict(action: PowerAction, command: Command, name: str) -> Told:
    """Another action has to be answered first: nothing was sent."""
    sentence = UNDER_WAY[action.command] % {"name": name} + "."
    nothing = _(
        "%(button)s was not sent: a machine takes one power action at a time. Press again in a moment."
    )
    return Told("late", sentence, joined(pressed(action), nothing % {"button": BUTTONS[command]}))


def own_words(action: PowerAction, user: AbstractBaseUser, own: Container[object] | None = None) -> str:
    """What the provider said, if it said it to a token of this person's (of `own`, where that is given). A broken seal
    is told by ourselves."""
    told = action.said and not action.reason.endswith(words.SEAL)
    return action.said if told and _is_own(action, user, own) else ""


def _is_own(action: PowerAction, user: AbstractBaseUser, own: Container[object] | None = None) -> bool:
    if own is not None:
        return action.token_id in own
    return Token.objects.filter(pk=action.token_id, owner_id=user.pk).exists()


def joined(*sentences: object) -> SafeString:
    """These sentences, without the empty ones."""
    parts = [sentence for sentence in sentences if sentence]
    return format_html(" ".join(["{}"] * len(parts)), *parts)
