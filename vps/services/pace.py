"""How fast one token may be used: learnt from the provider's headers and refusals, else as set.

Times are seconds of one monotonic clock. A tenth of every allowance is left for people's actions.
"""

from dataclasses import dataclass, field

from vps.provider.rates import Rate

SHARE = 0.9
BURST_SECONDS = 6.0
FIRST_BACKOFF = 5.0
LONGEST_BACKOFF = 300.0


@dataclass
class Pace:
    """A token bucket for one API token. `per_second` is refilled, at most `burst` calls are saved up."""

    calls_per_minute: float
    now: float
    blocked_until: float = 0.0
    per_second: float = field(init=False)
    saved: float = field(init=False)
    _backoff: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.per_second = SHARE * self.calls_per_minute / 60
        self.saved = self.burst

    @property
    def burst(self) -> float:
        return max(1.0, BURST_SECONDS * self.per_second / SHARE)

    def take(self, now: float) -> bool:
        """Whether a call may be made now; if so, it is counted."""
        self._refill(now)
        if now < self.blocked_until or self.saved < 1:
            return False
        self.saved -= 1
        return True

    def learn(self, rate: Rate, now: float) -> None:
        """From the headers of an answer: what remains is spread over the time until it is renewed. Where headers
        are absent, what was set holds."""
        self._backoff = 0.0
        if rate.remaining is not None and rate.reset_after:
            self._refill(now)
            if rate.remaining <= 0:
                self.block(rate.reset_after, now)
            self.per_second = (
                SHARE * rate.remaining / rate.reset_after if rate.remaining > 0 else self.per_second
            )
        elif rate.limit:
            self.per_second = SHARE * rate.limit / 60
        self.saved = min(self.saved, self.burst)

    def refused(self, retry_after: float | None, now: float) -> float:
        """429: waits as long as the provider says, else twice as long each time. Returns the seconds to wait.

        Answers to calls that were under way when the first 429 came are part of that one refusal.
        """
        if now < self.blocked_until:
            return self.blocked_until - now
        self._backoff = min(max(FIRST_BACKOFF, 2 * self._backoff), LONGEST_BACKOFF)
        wait = min(retry_after, LONGEST_BACKOFF) if retry_after else self._backoff
        self.block(max(wait, 1.0), now)
        return self.blocked_until - now

    def block(self, seconds: float, now: float) -> None:
        self.blocked_until = max(self.blocked_until, now + seconds)

    def interval(self, wanted: float, machines: int) -> float:
        """Seconds between two checks of one machine, when this token reads that many: as wanted, or as it carries."""
        return max(wanted, machines / self.per_second)

    def _refill(self, now: float) -> None:
        self.saved = min(self.burst, self.saved + max(0.0, now - self.now) * self.per_second)
        self.now = now
