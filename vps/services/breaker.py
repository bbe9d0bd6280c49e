"""Where the provider answers nothing to a token, its checks stop, but for one at a time that tries whether it does
again. People's acts do not ask it.

Times are seconds of one clock, 0 for never.
"""

from dataclasses import dataclass, field

from vps.provider import errors

MACHINES = 5  # so many different ones in a row: one that is sick, or a few, never stop the others
FIRST_WAIT = 2.0
LONGEST_WAIT = 30.0
PROBE_SECONDS = 6.0  # the deadline of a call, and a second
SHARE = 0.75  # of an interval at most: so that all machines are heard within two when the provider is back
PATIENCE = 0.3  # a check that is due waits so long to be the probe, before its card says that it was not made
FAILURES = (errors.Unreachable, errors.BadReply)  # the provider's or the network's; 5xx is Unreachable


def is_failure(error: errors.ProviderError | None) -> bool:
    return isinstance(error, FAILURES)


def longest_wait(interval: float) -> float:
    """Seconds between two probes, at most, where machines are checked so often."""
    return min(LONGEST_WAIT, SHARE * interval)


@dataclass
class Breaker:
    """Open since `open_since`; the next probe may go at `probe_at`, and `wait` after it if that fails, twice as long
    each time and at most `longest`. An answer came last at `good_at`; the first of the calls that failed since then
    began at `began`."""

    open_since: float = 0.0
    probe_at: float = 0.0
    wait: float = 0.0
    good_at: float = 0.0
    longest: float = LONGEST_WAIT
    began: float = field(init=False, default=0.0)
    claimed_at: float = field(init=False, default=0.0)
    missed_at: float = field(init=False, default=0.0)
    failed: set[int] = field(init=False, default_factory=set)

    @property
    def is_open(self) -> bool:
        return self.open_since > 0

    def good(self, now: float) -> None:
        """An answer came, whatever it said: all goes on."""
        self.good_at = now
        self.close()

    def close(self) -> None:
        self.open_since = self.claimed_at = 0.0
        self.failed.clear()

    def bad(self, machine: int, began: float, now: float) -> bool:
        """A call for this machine, which began then, brought no answer. Whether it is the one that opens the breaker:
        a failure counts only if nothing good came since its call began."""
        if self.is_open:
            if 0 < self.claimed_at <= began:
                self.missed_at, self.claimed_at = now, 0.0
                self.wait_longer(now)
            return False
        if began < self.good_at:
            return False
        self.began = min(self.began, began) if self.failed else began
        self.failed.add(machine)
        if len(self.failed) < MACHINES:
            return False
        self.open(now)
        return True

    def open(self, now: float) -> None:
        if not self.is_open:
            self.open_since, self.wait = now, min(FIRST_WAIT, self.longest)
            self.probe_at = now + self.wait

    def claim(self, now: float) -> bool:
        """Whether a probe may go now; if so, nobody else's does before it is answered, or should have been."""
        if now < self.probe_at:
            return False
        self.claimed_at, self.probe_at = now, now + PROBE_SECONDS
        return True

    def wait_longer(self, now: float) -> None:
        """The probe has failed."""
        self.wait = min(2 * self.wait, self.longest)
        self.probe_at = now + self.wait

    def take_in(self, other: "Breaker", since: float, ahead: float, now: float) -> None:
        """What another one, whose clock this one's is `ahead` of, met with `since`, on its own clock. It does not open
        this one if somebody was answered after its failures began."""
        since = max(since, 0.0)
        if other.open_since > since and other.began + ahead > self.good_at:
            self.open(now)
        if self.is_open and other.missed_at > since:
            self.wait_longer(now)
        if other.good_at > since:
            self.good_at = max(self.good_at, other.good_at + ahead)
            if self.good_at >= self.open_since:
                self.close()

    def follow(self, other: "Breaker", ahead: float, probing: bool, now: float) -> None:
        """Is as the other one from now on, which is `ahead` of this one's clock; `probing`: with a probe to send."""
        if not other.is_open:
            if self.is_open:
                self.close()
            return
        self.open_since, self.wait = other.open_since - ahead, other.wait
        self.probe_at = other.probe_at - ahead
        if probing:
            self.claimed_at = now
