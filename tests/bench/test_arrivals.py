"""What the bench of arrivals makes of what the page noted."""

import math

from tests.bench.arrivals import row, wait_of

SHOWN = [("m1", "stopped", 5.0), ("m2", "stopped", 11.0), ("m1", "running", 12.0), ("m1", "stopped", 14.5)]


def test_it_waits_for_that_state_of_that_card() -> None:
    assert wait_of(SHOWN, "m1", "stopped", 10.0) == 4.5


def test_what_was_shown_before_it_could_be_true_does_not_count() -> None:
    assert wait_of(SHOWN, "m2", "stopped", 11.5) == math.inf
    assert wait_of(SHOWN, "m3", "stopped", 0.0) == math.inf


def test_one_change_in_a_hundred_may_take_longer() -> None:
    assert row("a change", [1.0] * 99 + [9.0], 2.0).ok
    assert not row("a change", [1.0] * 98 + [9.0] * 2, 2.0).ok


def test_a_change_that_was_never_shown_is_a_missed_goal() -> None:
    told = row("a change", [1.0] * 999 + [math.inf], 2.0)
    assert not told.ok
    assert told.figure.startswith("inf s (p50 1.00 s")
