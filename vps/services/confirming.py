"""What there is to know before a power button is pressed: what it does, whether it makes sense, who else is at it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps.access import Operation, get_acting
from vps.models import Machine, PowerAction, Status
from vps.services.action_story import outcome_word
from vps.services.action_words import BUTTONS, UNDER_WAY, WATCHED, Command, Words, pressed
from vps.services.actions import under_way
from vps.services.cards import KNOWN, state_of, word_and_tone
from vps.services.console import people_inside
from vps.services.outcomes import ANSWER_SECONDS, NEVER_SENT_SECONDS
from vps.services.protection import name_of
from vps.services.pulse import on_time
from vps.services.times import time_element
from vps.services.watching import GRACE_SECONDS, WATCH_SECONDS

NOTHING = SafeString("")
State = PowerAction.State


@dataclass(frozen=True)
class Fact:
    """A line of what there is to know. `tone`: it asks for attention."""

    word: str
    told: SafeString
    more: SafeString = NOTHING
    tone: str = ""


@dataclass(frozen=True)
class Question:
    """`kind`: "ask", "senseless" where the machine is in that state already, "under_way" where an action has to end
    first. `deed`: the command that its button sends, "" for none; `instead`: another one that is offered. `watched`:
    for how many of 90 seconds the action has been under way. `protected`: it asks for the machine's name."""

    project: str
    product: str
    name: str
    kind: str
    title: str
    lead: SafeString
    deed: str = ""
    instead: str = ""
    warning: SafeString = NOTHING
    facts: tuple[Fact, ...] = ()
    watched: int = 0
    protected: bool = False


TITLES: Words = {
    Command.START: gettext_lazy("Start %(name)s?"),
    Command.STOP: gettext_lazy("Shut down %(name)s?"),
    Command.REBOOT: gettext_lazy("Reboot %(name)s?"),
    Command.KILL: gettext_lazy("Force stop %(name)s?"),
}
LEADS: Words = {
    Command.START: gettext_lazy("It boots, and runs until somebody shuts it down."),
    Command.STOP: gettext_lazy(
        "Its programs are asked to stop, then it is off until somebody presses Start."
    ),
    Command.REBOOT: gettext_lazy(
        "Its programs are asked to stop; it is back in about a minute. What they have not saved is lost."
    ),
    Command.KILL: gettext_lazy(
        "Like pulling the plug. {} A shut down asks first and is nearly always enough."
    ),
}
LOST = gettext_lazy("What is not on its disk is lost, and that cannot be undone.")
NEEDS = {
    Command.START: "stopped",
    Command.STOP: "running",
    Command.REBOOT: "running",
    Command.KILL: "running",
}


def ask(user: AbstractBaseUser, project: str, product: str, command: Command) -> Question:
    """What to say before this command is sent. Reads the database only. Raises Http404 where this person may not know
    of the machine; PermissionDenied where none of their tokens reads it now."""
    machine, now = get_acting(user, project, product, Operation.POWER).machine, timezone.now()
    return replace(_question(user, machine, command, now), protected=machine.protected)


def _question(user: AbstractBaseUser, machine: Machine, command: Command, now: datetime) -> Question:
    last, done = newest_action(machine), newest_action(machine, refused=False)
    if done and blocks(done, command, now):
        return _under_way(machine, done, now)
    if senseless(machine.status, command, now):
        return _senseless(machine, command)
    name = name_of(machine)
    return Question(
        *_named(machine),
        kind="ask",
        title=TITLES[command] % {"name": name},
        lead=format_html(str(LEADS[command]), format_html("<strong>{}</strong>", LOST)),
        deed=command,
        instead=_instead(machine.status, done, command, now),
        warning=_warning(machine.status, done, now),
        facts=_facts(machine, user, last, now),
    )


def newest_action(machine: Machine, *, refused: bool = True) -> PowerAction | None:
    """The newest press; without `refused` the newest of those that may have been obeyed."""
    actions = PowerAction.objects.filter(machine=machine).order_by("-requested_at", "-pk")
    return (actions if refused else actions.exclude(state=State.FAILED)).first()


def blocks(action: PowerAction, command: str, now: datetime) -> bool:
    """Whether that command would not be sent now: the action has to be answered first, or is the same one. What a
    process left that died is over with the next press."""
    if action.state == State.REQUESTED:
        return action.requested_at >= now - timedelta(seconds=NEVER_SENT_SECONDS)
    if action.state == State.SENT and action.sent_at:
        return action.sent_at >= now - timedelta(seconds=ANSWER_SECONDS)
    return action.command == command and _watched(action, now)


def _watched(action: PowerAction, now: datetime) -> bool:
    until = action.watch_until
    return under_way(action) and until is not None and until >= now - timedelta(seconds=GRACE_SECONDS)


def senseless(row: Status, command: str, now: datetime) -> bool:
    """Whether the machine surely is in the state that the command leads to. Of what is old nobody is sure."""
    return is_sure(row, now) and row.word != NEEDS[Command(command)]


def is_sure(row: Status, now: datetime) -> bool:
    return not row.problem and row.word in KNOWN and row.heard_at is not None and on_time(row, now)


def _named(machine: Machine) -> tuple[str, str, str]:
    return machine.project, machine.product, name_of(machine)


def _under_way(machine: Machine, action: PowerAction, now: datetime) -> Question:
    one = _("A machine takes one power action at a time.")
    return Question(
        *_named(machine),
        kind="under_way",
        title=UNDER_WAY[action.command] % {"name": name_of(machine)},
        lead=format_html("{} {} {}", pressed(action), one, WATCHED[action.command]),
        watched=min(WATCH_SECONDS, int((now - action.requested_at).total_seconds())),
    )


def _senseless(machine: Machine, command: Command) -> Question:
    name = {"name": name_of(machine)}
    if command == Command.START:
        title, lead = _("%(name)s is already running"), _("There is nothing to start. Reboot starts it anew.")
        return Question(
            *_named(machine), "senseless", title % name, format_html("{}", lead), instead=Command.REBOOT
        )
    title, lead = _("%(name)s is already stopped"), _("There is nothing to stop. Start makes it run.")
    return Question(*_named(machine), "senseless", title % name, format_html("{}", lead), deed=Command.START)


def _instead(row: Status, last: PowerAction | None, command: Command, now: datetime) -> str:
    """What is offered in place of a force stop, unless it is just being tried."""
    tried = last is not None and _watched(last, now) and last.command == Command.STOP
    return Command.STOP if command == Command.KILL and not tried else ""


def _warning(row: Status, last: PowerAction | None, now: datetime) -> SafeString:
    if last is not None and _watched(last, now):
        return format_html("{} {}", pressed(last), WATCHED[last.command])
    if is_sure(row, now):
        return NOTHING
    if row.heard_at is None:
        return format_html("{}", _("Nothing has been heard of it yet: nobody knows its state."))
    if not row.problem and on_time(row, now):
        told = _("The provider calls its state “%(word)s”, which this panel does not know.")
        return format_html("{}", told % {"word": row.word})
    since = time_element(row.heard_at, "when")
    return format_html(_("Nobody knows its state since {}. Then it was: {}."), since, _heard_word(row))


def _heard_word(row: Status) -> str:
    """What the machine was called when it was last heard of, whatever came since."""
    heard = Status(word=row.word, heard_at=row.heard_at)
    return word_and_tone(state_of(heard), heard)[0]


def _facts(
    machine: Machine, user: AbstractBaseUser, last: PowerAction | None, now: datetime
) -> tuple[Fact, ...]:
    row = machine.status
    told = last is not None and _watched(last, now)  # by the warning
    facts = [
        _since(row, now),
        _cpu(row, now),
        None if told else _last_action(last),
        _console(machine, user, now),
    ]
    return tuple(fact for fact in facts if fact)


def _since(row: Status, now: datetime) -> Fact | None:
    """Since when it is what it is; of what is old nothing is said but in the warning."""
    if not is_sure(row, now):
        return None
    running = row.word == "running"
    at = row.booted_at if running else row.since
    if at is None:
        return None
    word = _("Up since") if running else _("Stopped since")
    return Fact(word, time_element(at, "when"), time_element(at, "for"))


def _cpu(row: Status, now: datetime) -> Fact | None:
    if row.cpu is None or row.heard_at is None:
        return None
    figure = format_html("{} %", row.cpu)
    if is_sure(row, now):
        return Fact(_("CPU now"), figure) if row.word == "running" else None
    return Fact(_("CPU then"), figure, time_element(row.heard_at, "ago"))


def _last_action(last: PowerAction | None) -> Fact:
    word = _("Last action")
    if last is None:
        return Fact(word, format_html("{}", _("None yet through this panel")))
    ending, tone = outcome_word(last)
    by = _("%(button)s by %(person)s") % {"button": BUTTONS[last.command], "person": last.person_name}
    when = time_element(last.requested_at, "when")
    return Fact(word, format_html("{}", by), format_html("{}; {}", when, ending), tone)


def _console(machine: Machine, user: AbstractBaseUser, now: datetime) -> Fact:
    word = _("In the console")
    people = people_inside(machine, user, now)
    if not people:
        return Fact(word, format_html("{}", _("Nobody")))
    told = ((_("You") if each.me else each.name, time_element(each.since, "when")) for each in people)
    return Fact(word, format_html_join(", ", _("{}, since {}"), told), tone="late")
