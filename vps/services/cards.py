"""A machine as a card shows it: nothing personal in it but whether one's own tokens read it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps.access import unread
from vps.models import Machine, Role, Status
from vps.services import words
from vps.services.drift import SHOULD, TONES, is_adrift
from vps.services.keys import NO_KEYS, Keys, keys_of
from vps.services.motion import Motion, earlier_sentence, motion_of

# The status words that the panel knows; others are shown as they came.
KNOWN = ("running", "stopped")
NO_SENTENCE = SafeString("")
# What a late collector's board says instead: it was so when it was last heard of.
WERE: dict[str, Promise] = {"running": gettext_lazy("Was running"), "stopped": gettext_lazy("Was stopped")}


@dataclass(frozen=True)
class Moment:
    """A time told on a card. `kind`: "up" since it booted, "old" figures, "for" how long in a state, "added"."""

    kind: str
    at: datetime


@dataclass(frozen=True)
class Card:
    """What a card, a table row and the head of a machine's page show. Percentages in steps of 5, None if unknown.

    `state` and `word` are those of an action while one is under way; `reported` is what the provider said. `watched`:
    for how many seconds."""

    id: int
    project: str
    product: str
    name: str
    ipv4: str
    ipv6: str
    tone: str
    state: str
    word: str
    stale: bool
    side: Moment | None
    sentence: SafeString
    cpu: int | None
    memory: int | None
    disk: int | None
    spark: str
    spark_label: str
    revision: int
    reported: str = ""
    watched: int | None = None
    keys: Keys = NO_KEYS
    right: int = 0
    protected: bool = False

    @property
    def may_act(self) -> bool:
        """Whether there are power buttons and a console for this person."""
        return self.right >= Role.OPERATOR

    @property
    def held(self) -> bool:
        """Whether its power buttons are for others, as it is protected."""
        return self.protected and self.right < Role.ADMIN

    @property
    def may_log_in(self) -> bool:
        """Whether there is a default login for this person."""
        return self.right >= Role.ADMIN

    @property
    def address(self) -> str:
        """The address that people copy."""
        return self.ipv4 or self.bare_ipv6

    @property
    def bare_ipv6(self) -> str:
        """Without its prefix length."""
        return self.ipv6.partition("/")[0]


def show_card(machine: Machine, late: bool, now: datetime | None = None) -> Card:
    """The card of one of `access.visible_machines`. With `late` the collector is late, and nothing is green.

    A refused token grants nothing that was heard after the refusal, through whomever, in a status or in a listing:
    such a card says only that it is refused.
    """
    row: Status = machine.status
    granted: bool = getattr(machine, "granted")  # noqa: B009  # an annotation of the query
    known = described(machine)
    shut_out = row.heard_at is not None and row.heard_at > seen_until(machine, row.heard_at)
    reported = state_of(row) if granted else _refused_state(machine, row)
    stale = late or bool(row.problem) or reported == "refused"
    now = now or timezone.now()
    right: int = getattr(machine, "right")  # noqa: B009  # an annotation of the query
    motion = motion_of(row, now) if granted and not row.problem else None
    why_not = "" if granted else unread(machine).why
    state, word, tone = _look(row, reported, late, motion)
    if not stale and granted and not (motion and motion.word) and is_adrift(machine, row):
        word, tone = SHOULD[machine.expected] % {"word": word}, TONES[machine.expected]
    return Card(
        id=machine.pk,
        project=machine.project,
        product=machine.product,
        name=known.name or known.product,
        ipv4=known.ipv4,
        ipv6=known.ipv6,
        tone=tone,
        state=state,
        word=word,
        stale=stale,
        side=None if shut_out else _side(machine, row, reported, stale, motion),
        sentence=_sentence(machine, row, reported, motion, now),
        cpu=None if shut_out else row.cpu,
        memory=None if shut_out else row.memory,
        disk=None if shut_out else row.disk,
        spark="" if shut_out else spark_path(row.spark),
        spark_label="" if shut_out else spark_label(row.spark),
        revision=row.revision,
        reported=reported,
        watched=motion.watched if motion and not late else None,
        keys=keys_of(row, stale, why_not, now, held=machine.protected and right < Role.ADMIN),
        right=right,
        protected=machine.protected,
    )


def _look(row: Status, reported: str, late: bool, motion: Motion | None) -> tuple[str, str, str]:
    """State, word and tone: of the action, if it has one to tell; else of what the provider said."""
    word, tone = word_and_tone(reported, row)
    if late and reported in WERE:
        word, tone = str(WERE[reported]), "off"
    if motion is None:
        return reported, word, tone
    return motion.state, motion.word or word, motion.tone


def seen_until(machine: Machine, now: datetime) -> datetime:
    """Up to when this person may see what was heard: until now, or until their last token was refused."""
    refused_at: datetime | None = getattr(machine, "refused_at")  # noqa: B009  # an annotation of the query
    return now if getattr(machine, "granted") or refused_at is None else refused_at  # noqa: B009


def described(machine: Machine) -> Machine:
    """The machine as this person may know it: without its name, addresses and listed status where another person's
    listing told them after the refusal."""
    at = machine.described_at
    if at is None or at <= seen_until(machine, at):
        return machine
    return Machine(pk=machine.pk, project=machine.project, product=machine.product)


def _refused_state(machine: Machine, row: Status) -> str:
    """Refused, or gone: some providers refuse what they no longer list, and one's own token may still list."""
    listable: bool = getattr(machine, "listable")  # noqa: B009  # an annotation of the query
    unlisted = row.problem == Status.Problem.GONE and machine.missed > 0
    return Status.Problem.GONE if unlisted and listable else Status.Problem.REFUSED


def _refused_sentence(machine: Machine, row: Status, state: str) -> SafeString:
    """In the provider's words only where they were said to this person's own token."""
    told = _told(machine)
    if row.problem == state and (told or state == Status.Problem.GONE):
        return words.problem_sentence(row, told)
    return format_html("{}", unread(machine).sentence)


def _told(machine: Machine) -> bool:
    """Whether the provider's words about the last check were said to a token of this person's."""
    return bool(getattr(machine, "told"))  # noqa: B009  # an annotation of the query


def state_of(row: Status) -> str:
    if row.problem:
        return row.problem
    if row.heard_at is None:
        return "unseen"
    return row.word if row.word in KNOWN else "unknown"


def word_and_tone(state: str, row: Status) -> tuple[str, str]:
    if state == "unknown":
        return _("“%(word)s”") % {"word": row.word}, "late"
    word, tone = words.STATES[state]
    return str(word), tone


def _side(machine: Machine, row: Status, state: str, stale: bool, motion: Motion | None) -> Moment | None:
    if state == "unseen":
        return Moment("added", machine.first_seen)
    if stale:
        return Moment("old", row.heard_at) if row.heard_at else None
    if motion and motion.since:
        return Moment("for", motion.since)
    if state == "running" and row.booted_at:
        return Moment("up", row.booted_at)
    return Moment("for", row.since) if row.since else None


def _sentence(machine: Machine, row: Status, state: str, motion: Motion | None, now: datetime) -> SafeString:
    if not getattr(machine, "granted"):  # noqa: B009  # an annotation of the query
        return _refused_sentence(machine, row, state)
    if motion:
        return motion.sentence
    if row.problem:
        return earlier_sentence(row, now) + words.problem_sentence(row, _told(machine))
    if state == "unseen":
        return words.unseen_sentence(row.interval)
    return words.unknown_sentence() if state == "unknown" else NO_SENTENCE


SPARK_POINTS, SPARK_FLOOR, SPARK_BASE = 20, 9, 10


def spark_path(points: list[int | None]) -> str:
    """An SVG path for the viewBox "0 0 20 9.3": a step of one of ten heights for each 3 minutes, the newest at the
    right; nothing where nothing was heard. It reaches below the view, so that a mean of 0 % is a sliver there.
    Steps, as each is a mean; 500 cards of pure noise stay small so."""
    path: list[str] = []
    start = SPARK_POINTS - len(points)
    level: int | None = None
    for index, point in enumerate(points):
        if point is None:
            path.append("" if level is None else f"V{SPARK_BASE}")
            level = None
            continue
        y = SPARK_FLOOR - round(min(point, 100) * SPARK_FLOOR / 100)
        if level is None:
            path.append(f"M{start + index} {SPARK_BASE}")
        path.append("h1" if y == level else f"V{y}h1")
        level = y
    return "".join(path) + ("" if level is None else f"V{SPARK_BASE}")


def spark_label(points: list[int | None]) -> str:
    """From where to where they went, in steps of 5 as all figures of a card."""
    heard = [5 * round(point / 5) for point in points if point is not None]
    if not heard:
        return ""
    return _("CPU in the last hour: %(least)d to %(most)d %%") % {"least": min(heard), "most": max(heard)}
