"""What a card says of its machine's newest power action: while that is under way, and for an hour after one that did
not do what it should. Names of persons are for all who see the machine."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps.models import PowerAction, Status
from vps.services.action_words import pressed
from vps.services.actions import OPEN, in_trouble, under_way
from vps.services.watching import WANTED, WATCH_SECONDS

Command: TypeAlias = PowerAction.Command
State, Observed = PowerAction.State, PowerAction.Observed

# What a machine is called while it moves, and the state by that name.
MOVING: dict[str, tuple[str, Promise]] = {
    Command.START: ("starting", gettext_lazy("Starting")),
    Command.STOP: ("stopping", gettext_lazy("Shutting down")),
    Command.REBOOT: ("rebooting", gettext_lazy("Rebooting")),
    Command.KILL: ("killing", gettext_lazy("Force stopping")),
}
# What it is called when that was not reached.
MISSED: dict[str, Promise] = {
    Command.START: gettext_lazy("Not started"),
    Command.STOP: gettext_lazy("Not shut down"),
    Command.REBOOT: gettext_lazy("Not rebooted"),
    Command.KILL: gettext_lazy("Not stopped"),
}
REPORTED: dict[str, Promise] = {
    "": gettext_lazy("Nothing was reported yet."),
    "running": gettext_lazy("Reported running."),
    "stopped": gettext_lazy("Reported stopped."),
}


@dataclass(frozen=True)
class Motion:
    """How a card looks because of an action. `word`: "" where it stays as it is. `since`: while it is under way, when
    it began. `watched`: for how many of the 90 seconds."""

    state: str
    word: str
    tone: str
    sentence: SafeString
    since: datetime | None = None
    watched: int | None = None


def motion_of(row: Status, now: datetime) -> Motion | None:
    """Of a machine whose status is recent. None where its newest action is nothing to tell."""
    action = row.last_action
    if action is None:
        return None
    if under_way(action):
        return _moving(action, row, now)
    return _trouble(action, row) if in_trouble(action, now) else None


def earlier_sentence(row: Status, now: datetime) -> SafeString:
    """What is told of an action where something else is the matter, too; "" where nothing is."""
    action = row.last_action
    if action is None or not (under_way(action) or in_trouble(action, now)):
        return SafeString("")
    outcome = "" if under_way(action) else _outcome(action)
    return format_html("{} {} ", pressed(action), outcome) if outcome else format_html("{} ", pressed(action))


def _moving(action: PowerAction, row: Status, now: datetime) -> Motion:
    state, word = MOVING[action.command]
    if action.state in OPEN:
        told = _("The provider is asked.")
    elif action.state == State.UNKNOWN:
        told = _("Nobody knows whether it was done.")
    else:
        told = ""
    sentence = _joined(pressed(action), told, reported(row))
    watched = max(0, min(WATCH_SECONDS, int((now - action.requested_at).total_seconds())))
    return Motion(state, str(word), "busy", sentence, action.requested_at, watched)


def _trouble(action: PowerAction, row: Status) -> Motion:
    if _wanted_now(action, row):
        told = _("It took longer than %(n)d s.") % {"n": WATCH_SECONDS}
        if action.observed == Observed.NOT_SEEN:
            told = _outcome(action)
        return Motion("slow", "", "late", _joined(pressed(action), told, reported(row)))
    if action.observed == Observed.NOT_SEEN:
        advice = _("Look at it before you press again.")
        return Motion(
            "unclear", _("Outcome unknown"), "late", _joined(pressed(action), _outcome(action), advice)
        )
    advice = _("Look at its console.")
    word = str(MISSED[action.command])
    return Motion("missed", word, "bad", _joined(pressed(action), _outcome(action), reported(row), advice))


def _outcome(action: PowerAction) -> str:
    if action.observed == Observed.NOT_SEEN:
        return _("Nobody knows whether it was done.")
    return _("It did not happen within %(n)d s.") % {"n": WATCH_SECONDS}


def _wanted_now(action: PowerAction, row: Status) -> bool:
    """Whether the machine is by now in the state that was wanted."""
    if row.heard_at is None or row.word != WANTED[Command(action.command)]:
        return False
    if action.command != Command.REBOOT:
        return True
    return row.booted_at is not None and row.booted_at >= action.requested_at


def reported(row: Status) -> str:
    """The provider's last word, as a sentence."""
    word = row.word if row.heard_at else ""
    known = REPORTED.get(word)
    return str(known) if known else _("Reported “%(word)s”.") % {"word": word}


def _joined(*sentences: object) -> SafeString:
    said = [sentence for sentence in sentences if sentence]
    return format_html(" ".join(["{}"] * len(said)), *said)
