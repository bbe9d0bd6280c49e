"""What one process holds of a token's shared budget: calls drawn ahead, and what its answers taught meanwhile.

Knows no database. A purse's times are this process's monotonic seconds, those of the budget the database's.
"""

from dataclasses import dataclass, field, replace

from vps.provider.rates import Rate
from vps.services.breaker import Breaker
from vps.services.pace import FIRST_BACKOFF, LONGEST_BACKOFF, Pace

HOLD_SECONDS = 1.0  # calls drawn ahead are made within this time, or given back
NOTHING = Rate()


@dataclass
class Purse(Pace):
    """Stands for the budget in this process: `per_second`, `blocked_until` and `answered` are as the budget last said,
    for all processes together, and only what was drawn may be taken."""

    drawn: int = field(init=False, default=0)
    good_until: float = field(init=False, default=0.0)
    ready_at: float = field(init=False, default=0.0)
    settled_at: float = field(init=False, default=float("-inf"))
    began_at: float = field(init=False, default=0.0)
    was_open: bool = field(init=False, default=False)
    used: int = field(init=False, default=0)
    missed: bool = field(init=False, default=False)
    lesson: tuple[Rate, float] | None = field(init=False, default=None)
    refusal: tuple[float | None, float] | None = field(init=False, default=None)

    def take(self, now: float) -> bool:
        if self.drawn and not self.has_turned and self.blocked_until <= now < self.good_until:
            self.drawn -= 1
            self.used += 1
            return True
        self.missed = True
        return False

    def learn(self, rate: Rate, now: float) -> None:
        """Kept until it is told to the budget; a word that tells nothing does not replace one that does."""
        self.answered = True
        if rate != NOTHING or self.lesson is None or self.lesson[0] == NOTHING:
            self.lesson = rate, now

    def refused(self, retry_after: float | None, now: float, stretch: float = 1.0) -> bool:
        """This process stops at once; for how long, the budget says in a moment."""
        self.answered = True
        if now < self.blocked_until:
            return False
        wait = min(retry_after or FIRST_BACKOFF, LONGEST_BACKOFF)
        self.refusal, self.blocked_until = (retry_after, now), now + max(wait, 1.0)
        return True

    def wish(self, waiting: int, now: float) -> int:
        """How many calls it could make before they lapse: for those that wait, and as many as it made lately."""
        if now < self.blocked_until:
            return 0
        if self.breaker.is_open:
            return int(waiting > 0)
        lately = self.used * HOLD_SECONDS / max(now - self.settled_at, HOLD_SECONDS)
        return waiting + self.missed + round(lately)

    def presses(self, waiting: int, now: float) -> bool:
        """Whether the budget is to be asked now, and not later."""
        if self.refusal:
            return True
        held = self.drawn if now < self.good_until else 0
        hungry = (waiting or self.missed) and not held and now >= max(self.ready_at, self.blocked_until)
        return bool(hungry) or self.has_turned or (self.has_news and now - self.settled_at >= HOLD_SECONDS)

    @property
    def has_news(self) -> bool:
        return bool(self.drawn or self.lesson or self.refusal)

    @property
    def has_turned(self) -> bool:
        """Whether its breaker has opened or closed since the budget was asked: what it holds was drawn for another
        state."""
        return self.breaker.is_open != self.was_open

    def settle(
        self, budget: Pace, waiting: int, now: float, at: float, known: float, stretch: float
    ) -> "Settled":
        """Tells the budget, at its moment `at`, what this purse learnt by `now`, gives back what is left, and draws
        anew. What it learnt before the moment `known` is no news. The purse itself is as before: it changes when the
        budget is written, by `receive`."""
        budget.give_back(self.drawn, at)
        learnt = self.lesson is not None and at - (now - self.lesson[1]) >= known
        refused = self._tell(budget, now, at, stretch, learnt)
        budget.breaker.take_in(self.breaker, self.settled_at, at - now, at)
        wish = self.wish(waiting, now) if budget.breaker.is_open == self.breaker.is_open else waiting
        drawn = budget.draw(wish, at)
        ready_in = budget.ready_in(wish - drawn) if drawn < wish else 0.0
        return Settled(drawn, drawn - self.drawn, learnt, refused, ready_in)

    def _tell(self, budget: Pace, now: float, at: float, stretch: float, learnt: bool) -> bool:
        """In the order in which it was learnt. Whether there was a 429 that the budget did not know of."""
        good, bad = self.lesson if learnt else None, self.refusal
        refused = False
        if bad and good and bad[1] < good[1]:
            refused, bad = budget.refused(bad[0], at, stretch), None
        if good:
            budget.learn(aged_rate(good[0], now - good[1]), at)
        return budget.refused(bad[0], at, stretch) if bad else refused

    def receive(self, settled: "Settled", budget: Pace, now: float, at: float) -> None:
        """The budget is written: what was drawn may be used."""
        self.drawn, self.good_until = settled.drawn, now + HOLD_SECONDS
        self.ready_at = now + settled.ready_in
        self.per_second, self.answered = budget.per_second, budget.answered
        self.blocked_until = now + (budget.blocked_until - at)
        self.breaker.follow(budget.breaker, at - now, settled.drawn > 0, now)
        self.was_open = self.breaker.is_open
        if self.was_open:  # another process may close it
            self.ready_at = now + min(max(self.breaker.probe_at - now, 0.0), HOLD_SECONDS)
        self.settled_at, self.used, self.missed = now, 0, False
        self.lesson = self.refusal = None

    def rest(self) -> None:
        """It draws no more."""
        self.used, self.missed = 0, False

    def forget(self) -> None:
        """The token is another one now: what was drawn and learnt was the old one's."""
        self.drawn, self.lesson, self.refusal = 0, None, None
        self.blocked_until = self.ready_at = 0.0
        self.breaker, self.was_open = Breaker(longest=self.breaker.longest), False


@dataclass(frozen=True)
class Settled:
    """What came of asking the budget: calls `drawn`, how many more than were given back (`counted`), whether the lesson
    was news to it (`learnt`), and whether a 429 was (`refused`), and in how many seconds it is worth asking for the
    rest."""

    drawn: int
    counted: int
    learnt: bool
    refused: bool
    ready_in: float


def aged_rate(rate: Rate, seconds: float) -> Rate:
    """What the headers told so many seconds ago."""
    if rate.reset_after is None:
        return rate
    return replace(rate, reset_after=max(0.0, rate.reset_after - seconds))
