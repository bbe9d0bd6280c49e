"""The history checker finds what is planted, and nothing in a history that is true."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.prove.history import Click, History, Line, Row, lies
from tests.prove.witness import Deed, Sight

START, REBOOT, KILL, UNSENT, LOST = range(5)


def row(number: int, command: str, machine: str, at: float, **fields: Any) -> Row:
    """Accepted half a second after the press, and reached 5 s after it."""
    usual: dict[str, Any] = {
        "state": "succeeded",
        "observed": "reached",
        "reason": "",
        "sent_at": at + 0.1,
        "answered_at": at + 0.5,
        "observed_at": at + 5,
    }
    told = usual | fields
    lines = (
        Line("power.requested", "", machine, "anna", command),
        Line("power.answered", told["state"], machine, "anna", command),
    )
    return Row(
        **{
            "number": number,
            "person": "anna",
            "machine": machine,
            "command": command,
            "press": f"n{number}",
            "requested_at": at,
            "lines": lines,
            **told,
        }
    )


def true_history() -> History:
    """Started; rebooted; stopped by force; a start that nobody could send; a shutdown whose answer was lost."""
    failed = {"state": "failed", "observed": "", "observed_at": None}
    rows = [
        row(1, "start", "vm-1", 100.0),
        row(2, "reboot", "vm-1", 200.0),
        row(3, "kill", "vm-1", 300.0),
        row(4, "start", "vm-2", 100.0, reason="unreachable.refused", **failed),
        row(
            5,
            "stop",
            "vm-2",
            200.0,
            state="unknown",
            reason="outcome_unknown.timeout",
            observed="not_reached",
        ),
    ]
    rows += [row(6, "start", "vm-3", 100.0, reason="refused", **failed)]
    deeds = [
        Deed(11, 100.2, "vm-1", "start", "yes"),
        Deed(12, 200.2, "vm-1", "reboot", "yes"),
        Deed(13, 300.2, "vm-1", "kill", "yes"),
        Deed(14, 200.2, "vm-2", "stop", "unclear"),
        Deed(15, 100.2, "vm-3", "start", "no"),
    ]
    sights = [
        Sight(104.9, "vm-1", "running", 103.0),
        Sight(202.0, "vm-1", "running", 103.0),
        Sight(204.9, "vm-1", "running", 203.0),
        Sight(304.9, "vm-1", "stopped", None),
    ]
    clicks = [
        Click("anna", each.machine, each.command, f"n{each.number}", at, at + 0.6, each.state)
        for each in rows
        for at in [each.requested_at - 0.01]
    ]
    clicks += [
        Click("anna", "vm-1", "start", "n1", 150.0, 150.1, "succeeded"),  # pressed by the back button
        Click("ben", "vm-1", "start", "other", 101.0, 101.1, "succeeded"),  # still watched
        Click("ben", "vm-1", "kill", "quick", 200.2, 200.3, "conflict"),  # while another one is open
        Click("ben", "vm-1", "start", "lost", 400.0, 400.2, ""),  # the web server was killed
    ]
    return History(clicks, deeds, sights, rows)


def test_a_true_history_holds_no_lie() -> None:
    assert lies(true_history()) == []


def changed(number: int, **fields: Any) -> Callable[[History], None]:
    def change(history: History) -> None:
        history.rows[number] = history.rows[number]._replace(**fields)

    return change


def deed(number: int, **fields: Any) -> Callable[[History], None]:
    def change(history: History) -> None:
        history.deeds[number] = history.deeds[number]._replace(**fields)

    return change


def more(*deeds: Deed) -> Callable[[History], None]:
    return lambda history: history.deeds.extend(deeds)


def clicked(**fields: Any) -> Callable[[History], None]:
    def change(history: History) -> None:
        click = Click("ben", "vm-1", "start", "late", 500.0, 500.1, "succeeded")
        history.clicks.append(click._replace(**fields))

    return change


def unpressed(history: History) -> None:
    history.clicks = [click for click in history.clicks if click.press != "n2"]


def unseen(history: History) -> None:
    """Somebody else's status words are no proof."""
    history.sights = [sight._replace(machine="vm-2") for sight in history.sights]


def not_rebooted(history: History) -> None:
    history.sights = [sight._replace(booted=103.0) for sight in history.sights]


def without_line(history: History) -> None:
    history.rows[START] = history.rows[START]._replace(lines=history.rows[START].lines[:1])


def line(**fields: str) -> Callable[[History], None]:
    def change(history: History) -> None:
        first, last = history.rows[START].lines
        history.rows[START] = history.rows[START]._replace(lines=(first._replace(**fields), last))

    return change


LIES: dict[str, tuple[Callable[[History], None], str]] = {
    "a doubled call": (more(Deed(16, 100.3, "vm-1", "start", "yes")), "was sent 2 times"),
    "a call that nobody asked for": (more(Deed(16, 50.0, "vm-1", "start", "yes")), "belongs to no row"),
    "a call of another command": (more(Deed(16, 300.3, "vm-1", "stop", "no")), "belongs to no row"),
    "a call after the answer": (more(Deed(16, 150.0, "vm-1", "start", "yes")), "belongs to no row"),
    "a machine nobody pressed": (more(Deed(16, 150.0, "vm-9", "start", "yes")), "belongs to no row"),
    "succeeded, and refused": (deed(START, said="no"), "did not succeed: the provider said no"),
    "succeeded, and nonsense": (deed(START, said="unclear"), "did not succeed"),
    "succeeded, and not received": (lambda history: history.deeds.pop(0) and None, "said nothing"),
    "failed, and received": (more(Deed(16, 100.2, "vm-2", "start", "yes")), "was sent after all"),
    "refused, and accepted": (deed(4, said="yes"), "was not refused: the provider said yes"),
    "refused, and nothing clear": (deed(4, said="unclear"), "was not refused"),
    "unknown, and accepted": (deed(3, said="yes"), "is known: the provider said yes"),
    "unknown, and refused": (deed(3, said="no"), "is known: the provider said no"),
    "stuck as requested": (changed(START, state="requested"), "is stuck"),
    "stuck as sent": (changed(REBOOT, state="sent"), "is stuck"),
    "watched for ever": (changed(LOST, observed="watching"), "is watched for ever"),
    "two at a time": (changed(REBOOT, requested_at=100.4), "while row 1 (start of vm-1: succeeded) was open"),
    "failed, and reached": (changed(UNSENT, observed="reached"), "is said to be reached"),
    "reached, and never seen": (unseen, "was never seen so"),
    "reached before it was seen": (changed(KILL, observed_at=304.0), "was never seen so"),
    "reached without a new boot": (not_rebooted, "row 2 (reboot of vm-1: succeeded) is said to be reached"),
    "no line of its answer": (without_line, "has 1 lines of its request and 0 of its answer"),
    "a line of another machine": (line(machine="vm-2"), "has a line of start of vm-2"),
    "a line of somebody else": (line(person="ben"), "has a line of somebody else"),
    "a row that nobody pressed": (unpressed, "was never pressed"),
    "a click that met nothing": (clicked(), "but met nothing"),
    "a conflict with nothing": (clicked(answer="conflict"), "but met nothing"),
    "a false answer": (clicked(press="n1", answer="failed"), "was answered 'failed'"),
    "a click that made nothing": (clicked(pressed_at=310.0, answered_at=310.1), "but met nothing"),
}


@pytest.mark.parametrize(("plant", "sentence"), LIES.values(), ids=LIES.keys())
def test_a_planted_lie_is_found(plant: Callable[[History], None], sentence: str) -> None:
    history = true_history()
    plant(history)
    assert [lie for lie in lies(history) if sentence in lie], lies(history)
