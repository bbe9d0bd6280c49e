"""Compares three histories of the same hours: what was clicked and answered, what the provider received, and what
stands in the database. `lies` gives each contradiction in a sentence; there must be none."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.prove.witness import Deed, Sight

WANTED = {"start": "running", "reboot": "running", "stop": "stopped", "kill": "stopped"}
OPEN = ("requested", "sent")
# How the reasons begin that mean: nothing was sent.
NEVER_SENT = ("unreachable", "never_sent", "internal", "token_refused.seal")
CLEAR_SECONDS = 3.0  # an answer that came so soon and said yes or no was surely understood
WRITTEN_SECONDS = 3.0  # what was heard is in the database at the latest so long after that
FOR_EVER = float("inf")


class Click(NamedTuple):
    """`press`: what its row would be known by. `answer`: the state that it was told, "conflict", or "" where the web
    server was killed before it answered."""

    person: str
    machine: str
    command: str
    press: str
    pressed_at: float
    answered_at: float
    answer: str


class Line(NamedTuple):
    """An audit line of a power action."""

    code: str
    outcome: str
    machine: str
    person: str
    command: str


class Row(NamedTuple):
    """A power action as it stands in the database, its moments in seconds since 1970."""

    number: int
    person: str
    machine: str
    command: str
    press: str
    state: str
    observed: str
    reason: str
    requested_at: float
    sent_at: float | None
    answered_at: float | None
    observed_at: float | None
    lines: tuple[Line, ...] = ()

    def __str__(self) -> str:
        return f"row {self.number} ({self.command} of {self.machine}: {self.state} {self.reason})".replace(
            " )", ")"
        )

    @property
    def watched_until(self) -> float:
        """When another press of the same command could be one of its own, as late as may be."""
        answered = self.answered_at or FOR_EVER
        if self.state == "failed":
            return answered + WRITTEN_SECONDS
        if self.observed in ("reached", "not_reached") and self.observed_at:
            return max(self.observed_at, answered) + WRITTEN_SECONDS
        return FOR_EVER


@dataclass
class History:
    clicks: list[Click] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def rows_of(self) -> dict[str, list[Row]]:
        """The rows of each machine, oldest first."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.rows, key=lambda row: row.requested_at):
            found[row.machine].append(row)
        return found


def lies(history: History) -> list[str]:
    received, strays = match(history)
    found = [*strays, *stuck_rows(history), *overlaps(history)]
    sights: dict[str, list[Sight]] = defaultdict(list)
    for sight in history.sights:
        sights[sight.machine].append(sight)
    for row in history.rows:
        found += [
            *false_outcomes(row, received[row.number]),
            *false_sights(row, sights[row.machine]),
            *wrong_lines(row),
        ]
    return [*found, *wrong_answers(history)]


def match(history: History) -> tuple[dict[int, list[Deed]], list[str]]:
    """What was received for each row. The rows of a machine are open one after the other, so a call belongs to the one
    that was sent last before it came."""
    received: dict[int, list[Deed]] = defaultdict(list)
    strays = []
    rows = history.rows_of()
    for deed in history.deeds:
        before = [row for row in rows[deed.machine] if row.sent_at is not None and row.sent_at <= deed.at]
        row = max(before, key=lambda row: row.sent_at or 0.0, default=None)
        if row is None or row.command != deed.command or (row.answered_at or FOR_EVER) < deed.at:
            strays.append(f"call {deed.number} ({deed.command} of {deed.machine}) belongs to no row")
        else:
            received[row.number].append(deed)
    return received, strays


def stuck_rows(history: History) -> Iterator[str]:
    for row in history.rows:
        if row.state in OPEN:
            yield f"{row} is stuck"
        elif row.observed == "watching":
            yield f"{row} is watched for ever"


def overlaps(history: History) -> Iterator[str]:
    """One action per machine while it is requested or sent; one of a command until its watch has ended."""
    for rows in history.rows_of().values():
        for number, row in enumerate(rows):
            for later in rows[number + 1 :]:
                if later.requested_at < (row.answered_at or FOR_EVER):
                    yield f"{later} was made while {row} was open"


def false_outcomes(row: Row, received: list[Deed]) -> Iterator[str]:
    if len(received) > 1:
        yield f"{row} was sent {len(received)} times: calls {[deed.number for deed in received]}"
    said = received[0].said if received else "nothing"
    soon = bool(received) and received[0].wait < CLEAR_SECONDS
    if row.state == "succeeded" and said != "yes":
        yield f"{row} did not succeed: the provider said {said}"
    if row.state == "failed":
        unsent = row.reason.startswith(NEVER_SENT)
        if unsent and received:
            yield f"{row} was sent after all"
        if not unsent and said != "no":
            yield f"{row} was not refused: the provider said {said}"
    lost = row.reason == "no_answer" or row.reason.endswith(
        ".reset"
    )  # nobody read it, or it was cut off on its way
    if row.state == "unknown" and said in ("yes", "no") and soon and not lost:
        yield f"{row} is known: the provider said {said}"


def false_sights(row: Row, sights: list[Sight]) -> Iterator[str]:
    if row.state == "failed" and row.observed:
        yield f"{row} is said to be {row.observed}"
    if row.observed != "reached" or row.state == "failed":
        return
    began, ended = row.sent_at or FOR_EVER, row.observed_at or 0.0
    after = [sight for sight in sights if began <= sight.at <= ended and sight.word == WANTED[row.command]]
    if row.command == "reboot":
        after = [sight for sight in after if (sight.booted or 0.0) >= began]
    if not after:
        told = [tuple(sight) for sight in sights if began - 5 <= sight.at <= ended + 5]
        yield f"{row} is said to be reached, and the machine was never seen so: {row.sent_at} {row.observed_at} {told}"


def wrong_lines(row: Row) -> Iterator[str]:
    """Requested once by whoever pressed; answered at least once, and last as the row says. The panel itself may have
    given it up before its answer came."""
    requested = [line for line in row.lines if line.code == "power.requested"]
    answered = [line for line in row.lines if line.code == "power.answered"]
    if len(requested) != 1 or not 1 <= len(answered) <= 2:
        yield f"{row} has {len(requested)} lines of its request and {len(answered)} of its answer"
    elif answered[-1].outcome != row.state:
        yield f"{row} is said to have {answered[-1].outcome}"
    for line in row.lines:
        if (line.machine, line.command) != (row.machine, row.command):
            yield f"{row} has a line of {line.command} of {line.machine}"
    if any(line.person != row.person for line in requested):
        yield f"{row} has a line of somebody else"


def wrong_answers(history: History) -> Iterator[str]:
    """Each click made one row, or met one that stood in its way, and was told the truth about it."""
    rows = history.rows_of()
    made = {(row.machine, row.press): row for row in history.rows}
    pressed = Counter((click.machine, click.press) for click in history.clicks)
    yield from (f"{row} was never pressed" for key, row in made.items() if key not in pressed)
    for click in history.clicks:
        key = (click.machine, click.press)
        met = [made[key]] if key in made else []
        if not met or pressed[key] > 1:  # of two clicks of one press, one may have met what the other did not
            met += [row for row in rows[click.machine] if stood_in_the_way(row, click)]
        if not click.answer:
            continue
        if not any(agrees(click, row) for row in met):
            yield (
                f"{click.person}'s {click.command} of {click.machine} at {click.pressed_at:.3f} was answered"
                f" {click.answer!r}, but met {', '.join(map(str, met)) or 'nothing'}"
            )


def stood_in_the_way(row: Row, click: Click) -> bool:
    if row.requested_at > click.answered_at:
        return False
    if row.command == click.command:
        return row.watched_until >= click.pressed_at
    return (row.answered_at or FOR_EVER) + WRITTEN_SECONDS >= click.pressed_at


def agrees(click: Click, row: Row) -> bool:
    if click.answer == "conflict":
        return row.command != click.command
    if row.command != click.command:
        return False
    # told while it was still open, or before the panel learnt better
    return click.answer in (row.state, *OPEN) or (
        click.answer == "unknown" and [line.outcome for line in row.lines if line.outcome][:1] == ["unknown"]
    )
