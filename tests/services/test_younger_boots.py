"""A reboot is seen by a younger boot, never by the one that was there before, however roughly uptime is told."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.services.collector_kit import NOON, RUNNING, seconds
from vps.models import PowerAction
from vps.services.watching import Check, judge

SENT = NOON
Observed = PowerAction.Observed


def reboot(booted_before: float | None, answered: float = 0.1) -> PowerAction:
    """Sent at noon; the machine had booted so many seconds from then, as far as that was known."""
    return PowerAction(
        command="reboot",
        state="succeeded",
        sent_at=SENT,
        answered_at=SENT + seconds(answered),
        watch_until=SENT + seconds(90),
        booted_before=None if booted_before is None else SENT + seconds(booted_before),
    )


def check(booted: float, asked: float, took: float, place: float) -> Check:
    """The provider looks at its clock somewhere between question and answer (`place`: 0 to 1), and cuts off."""
    read = asked + took * place
    told = replace(RUNNING, uptime=int(read - booted))
    return Check(1, SENT + seconds(asked), SENT + seconds(asked + took), told)


MOMENTS = {
    "asked": st.floats(0.2, 120.0),
    "took": st.floats(0.0, 5.0),
    "place": st.floats(0.0, 1.0),
}


@example(booted=-0.73, heard=-0.53, jitter=-2.3, asked=0.15, took=0.07, place=0.5)
@given(booted=st.floats(-1e6, -0.001), heard=st.floats(-30.0, 0.0), jitter=st.floats(-5.0, 6.0), **MOMENTS)
def test_the_boot_that_was_known_is_never_taken_for_a_new_one(
    booted: float, heard: float, jitter: float, asked: float, took: float, place: float
) -> None:
    """What was known is up to a second and the time of a call too late, or up to 5 s too early: the moment of a boot
    that was too near to be told from this one."""
    assume(booted + jitter <= heard)
    known = reboot(booted + jitter)
    assert judge(known, check(booted, asked, took, place)) != Observed.REACHED


@given(booted=st.floats(-1e6, -0.001), **MOMENTS)
def test_a_boot_before_the_press_that_nobody_heard_of_is_not_taken_for_a_new_one(
    booted: float, asked: float, took: float, place: float
) -> None:
    """As when somebody starts a machine, and reboots it before it was seen running."""
    assert judge(reboot(None), check(booted, asked, took, place)) != Observed.REACHED


@given(booted=st.floats(0.2, 80.0), known=st.floats(-1e6, -12.0), later=st.floats(0.0, 60.0), **MOMENTS)
def test_a_new_boot_is_seen_at_once(
    booted: float, known: float, later: float, asked: float, took: float, place: float
) -> None:
    assume(asked >= booted)
    assert judge(reboot(known), check(booted, asked, min(took, 5.0), place)) == Observed.REACHED


@given(booted=st.floats(6.5, 80.0), took=st.floats(0.0, 5.0), place=st.floats(0.0, 1.0))
def test_a_new_boot_of_a_machine_whose_old_one_was_not_known_is_seen_when_it_is_sure(
    booted: float, took: float, place: float
) -> None:
    assert judge(reboot(None), check(booted, booted + 0.1, took, place)) == Observed.REACHED


@pytest.mark.parametrize("asked", [1.0, 50.0, 89.0])
def test_what_may_be_either_is_waited_for_and_in_the_end_not_seen(asked: float) -> None:
    """It booted within the second before the press, or after it: uptime in whole seconds does not tell."""
    told = replace(RUNNING, uptime=int(asked))
    either = Check(1, SENT + seconds(asked), SENT + seconds(asked) + timedelta(seconds=0.2), told)
    assert judge(reboot(None), either) == ""
    late = replace(either, asked=SENT + seconds(91), at=SENT + seconds(91.2), reply=replace(told, uptime=91))
    assert judge(reboot(None), late) == Observed.NOT_SEEN
