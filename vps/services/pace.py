"""How fast one token may be used: learnt from the provider's headers and refusals, else as set.

Times are seconds of one monotonic clock. A tenth of every allowance is left for people's actions.
"""

from dataclasses import dataclass, field

from vps.provider.errors import ProviderError, RateLimited
from vps.provider.rates import Rate
from vps.services.breaker import PATIENCE, Breaker, is_failure

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
    breaker: Breaker = field(init=False, default_factory=Breaker)
    backoff: float = field(init=False, default=0.0)
    window: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.per_second = SHARE * self.calls_per_minute / 60
        self.saved = self.burst

    @property
    def burst(self) -> float:
        return max(1.0, self.per_second)

    def take(self, now: float) -> bool:
        """Whether a call may be made now; if so, it is counted."""
        return self.draw(1, now) == 1

    def draw(self, wish: int, now: float) -> int:
        """How many of so many calls may be made now; those are counted."""
        self._refill(now)
        if wish < 1 or now < self.blocked_until or self.saved < 1:
            return 0
        if self.breaker.is_open:
            wish = int(self.breaker.claim(now))
        drawn = min(wish, int(self.saved))
        self.saved -= drawn
        return drawn

    def give_back(self, calls: int, now: float) -> None:
        """So many of those drawn were not made."""
        self._refill(now)
        self.saved = min(self.burst, self.saved + calls)

    def spend(self, calls: float, now: float) -> None:
        """People made so many calls, out of the tenth that is theirs: the checks pay it back before they go on. Never
        for longer than a minute, however many there were."""
        self._refill(now)
        self.saved = max(self.saved - calls, -60 * self.per_second)

    def ready_in(self, wish: int) -> float:
        """Seconds, from the last refill on, until about so many calls can be drawn: half a second's worth, if more."""
        enough = min(float(wish), max(1.0, self.per_second / 2))
        return max(0.0, (enough - self.saved) / self.per_second)

    def hear(self, error: ProviderError | None, rate: Rate, machine: int, began: float, now: float) -> bool:
        """Takes in an answer to a call for this machine (0: for none) that began then. Whether it opens the breaker."""
        if isinstance(error, RateLimited):
            self.refused(error.retry_after, now)
        else:
            self.learn(rate, now)
        if not is_failure(error):
            self.breaker.good(now)
            return False
        return bool(machine) and self.breaker.bad(machine, began, now)

    def learn(self, rate: Rate, now: float) -> None:
        """From the headers of an answer. Where they are absent, what was set holds."""
        self.answered = True
        if now >= self.blocked_until:  # an answer to a call from before the refusal tells nothing of it
            self.backoff = 0.0
        self._refill(now)
        if rate.remaining is not None and rate.reset_after is not None:
            self._spread(rate.remaining, max(rate.reset_after, 1.0), rate.limit, now)
        elif rate.limit:
            self.per_second = SHARE * rate.limit / 60
        self.saved = min(self.saved, self.burst)

    def _spread(self, remaining: int, seconds: float, limit: int | None, now: float) -> None:
        """What remains, but for the tenth, is spread over the time until it is renewed."""
        usable = remaining - (1 - SHARE) * limit if limit else SHARE * remaining
        self.window = max(self.window, seconds)
        if usable < 1:
            self.block(seconds, now)
            return
        self.saved = min(self.saved, usable)
        # the last seconds of a long window say little: they come as whole ones
        if seconds >= min(COARSE_SECONDS, self.window):
            self.per_second = usable / seconds

    def refused(self, retry_after: float | None, now: float, stretch: float = 1.0) -> bool:
        """429: waits as long as the provider says, else twice as long each time, `stretch` times that, at most 5
        minutes. False for the answers to calls that were under way when the first 429 came: it is one refusal.
        """
        self.answered = True
        if now < self.blocked_until:
            return False
        self.backoff = min(max(FIRST_BACKOFF, 2 * self.backoff), LONGEST_BACKOFF)
        wait = retry_after or self.backoff * stretch
        self.block(max(min(wait, LONGEST_BACKOFF), 1.0), now)
        return True

    def block(self, seconds: float, now: float) -> None:
        """No call for so long, at most 5 minutes whatever a header claims; then one, and more as they are refilled."""
        self._refill(now)
        self.blocked_until = self.now = max(self.blocked_until, now + min(seconds, LONGEST_BACKOFF))
        self.saved = 1.0

    def is_free(self, now: float) -> bool:
        """Whether nothing forbids its checks now."""
        return self.blocked_until <= now and not self.breaker.is_open

    def put_off(self, due: float, interval: float, now: float) -> float | None:
        """When a check that was due then is to be due again, if it cannot be made for longer than its card may go on
        without a word; None where it waits on."""
        if self.breaker.is_open:
            return now + interval if now - due >= PATIENCE else None
        return self.blocked_until if self.blocked_until - now > interval else None

    def interval(self, wanted: float, machines: int, rare: float) -> float:
        """Seconds between two checks of one machine, when this token reads that many: as wanted, or as it carries.
        `rare` is what else it is used for, in calls per second."""
        left = max(self.per_second - rare, self.per_second / 10)
        return max(wanted, SLACK * machines / left)

    def _refill(self, now: float) -> None:
        if now > self.now:
            self.saved = min(self.burst, self.saved + (now - self.now) * self.per_second)
            self.now = now
