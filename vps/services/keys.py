"""Which of a machine's buttons make no sense in its present state, and why, in a few words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from vps.models import PowerAction, Status
from vps.services.actions import OPEN, under_way
from vps.services.motion import MOVING, Command
from vps.services.outcomes import ANSWER_SECONDS, NEVER_SENT_SECONDS


@dataclass(frozen=True)
class Keys:
    """Why a button makes no sense now; "" where it does. `off`: Start stands where Console does else."""

    off: bool = False
    start: str = ""
    reboot: str = ""
    stop: str = ""
    kill: str = ""


NO_KEYS = Keys()


def keys_of(row: Status, stale: bool, unread: str, now: datetime, *, held: bool = False) -> Keys:
    """The buttons of a machine. Where its state is old or not known nothing is disabled; but while the provider is
    being asked for one action it is asked for no other, and where no token reads it (`unread`: why) for nothing.
    `held`: it is protected from this person."""
    if unread:  # nor tells it where Start stands: what was heard later is not this person's
        return Keys(start=unread, reboot=unread, stop=unread, kill=unread)
    off = row.word == "stopped" and row.heard_at is not None
    if held:
        why = _("Protected: only admins of its team and token owners may")
        return Keys(off, start=why, reboot=why, stop=why, kill=why)
    action = row.last_action
    asked = action is not None and _is_asked(action, now)
    if action is not None and under_way(action) and (asked or not stale):
        why = _("%(doing)s: one power action at a time") % {"doing": MOVING[action.command][1]}
        waits = asked or action.command == Command.KILL
        return Keys(off, start=why, reboot=why, stop=why, kill=why if waits else _already(row, stale))
    if stale or row.heard_at is None:
        return Keys(off)
    already = _already(row, stale)
    return Keys(
        off,
        start=_("Already running") if row.word == "running" else "",
        reboot=already,
        stop=already,
        kill=already,
    )


def _is_asked(action: PowerAction, now: datetime) -> bool:
    """Whether an answer may still come: what a process left that died is over with the next press."""
    since, seconds = action.requested_at, NEVER_SENT_SECONDS
    if action.sent_at is not None:
        since, seconds = action.sent_at, ANSWER_SECONDS
    return action.state in OPEN and since >= now - timedelta(seconds=seconds)


def _already(row: Status, stale: bool) -> str:
    return _("Already stopped") if row.word == "stopped" and row.heard_at and not stale else ""
