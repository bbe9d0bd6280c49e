"""How fast one token may be used: learnt from the provider's headers and refusals, else as set.

Times are seconds of one monotonic clock. A tenth of every allowance is left for people's actions.
"""

from dataclasses import dataclass, field

from vps.provider.rates import Rate

SHARE = 0.9
FIRST_BACKOFF = 5.0
LONGEST_BACKOFF = 300.0
COARSE_SECONDS = 5.0
SLACK = 1.05  # else a line that has grown once would never shorten again


@dataclass
class Pace:
    """A token bucket for one API token: `per_second` is refilled, and at most a second's worth is saved up.
    `answered`: whether the provider has told of its allowance, if it ever tells."""

    calls_per_minute: float
    now: float
    blocked_until: float = 0.0
    per_second: float = field(init=False)
    saved: float = field(init=False)
    answered: bool = False
    _backoff: float = field(init=False, default=0.0)
    _window: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.per_second = SHARE * self.calls_per_minute / 60
        self.saved = self.burst

    @property
    def burst(self) -> float:
        return max(1.0, self.per_second)

    def take(self, now: float) -> bool:
        """Whether a call may be made now; if so, it is counted."""
        self._refill(now)
        if now < self.blocked_until or self.saved < 1:
            return False
        self.saved -= 1
        return True

    def learn(self, rate: Rate, now: float) -> None:
        """From the headers of an answer. Where they are absent, what was set holds."""
        self._backoff, self.answered = 0.0, True
        self._refill(now)
        if rate.remaining is not None and rate.reset_after is not None:
            self._spread(rate.remaining, max(rate.reset_after, 1.0), rate.limit, now)
        elif rate.limit:
            self.per_second = SHARE * rate.limit / 60
        self.saved = min(self.saved, self.burst)

    def _spread(self, remaining: int, seconds: float, limit: int | None, now: float) -> None:
        """What remains, but for the tenth, is spread over the time until it is renewed."""
        usable = remaining - (1 - SHARE) * limit if limit else SHARE * remaining
        self._window = max(self._window, seconds)
        if usable < 1:
            self.block(seconds, now)
            return
        self.saved = min(self.saved, usable)
        # the last seconds of a long window say little: they come as whole ones
        if seconds >= min(COARSE_SECONDS, self._window):
            self.per_second = usable / seconds

    def refused(self, retry_after: float | None, now: float) -> None:
        """429: waits as long as the provider says, else twice as long each time, at most 5 minutes.

        Answers to calls that were under way when the first 429 came are part of that one refusal.
        """
        self.answered = True
        if now < self.blocked_until:
            return
        self._backoff = min(max(FIRST_BACKOFF, 2 * self._backoff), LONGEST_BACKOFF)
        wait = min(retry_after, LONGEST_BACKOFF) if retry_after else self._backoff
        self.block(max(wait, 1.0), now)

    def block(self, seconds: float, now: float) -> None:
        """No call for so long, at most 5 minutes whatever a header claims; then one, and more as they are refilled."""
        self._refill(now)
        self.blocked_until = self.now = max(self.blocked_until, now + min(seconds, LONGEST_BACKOFF))
        self.saved = 1.0

    def interval(self, wanted: float, machines: int, rare: float) -> float:
        """Seconds between two checks of one machine, when this token reads that many: as wanted, or as it carries.
        `rare` is what else it is used for, in calls per second."""
        left = max(self.per_second - rare, self.per_second / 10)
        return max(wanted, SLACK * machines / left)

    def _refill(self, now: float) -> None:
        if now > self.now:
            self.saved = min(self.burst, self.saved + (now - self.now) * self.per_second)
            self.now = now
