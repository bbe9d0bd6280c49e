"""One machine's page: all that is known, and nothing that this person may not know."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from tests.rows import give_access, give_machine, give_token
from tests.services.board_kit import board, everything_on
from vps.models import Access, Machine, Sample, StateChange, Status, Token
from vps.services.address import VIEWS
from vps.services.board import View, show_board
from vps.services.machines import MachinePage, forget_machine, poll_machine, show_machine
from vps.services.timeline import EVENTS, FIRST

NOW = timezone.now()
BEFORE = NOW - timedelta(minutes=10)


def page(user: User, machine: Machine) -> MachinePage:
    return show_machine(user, machine.project, machine.product)


def sample(machine: Machine, at: datetime, **figures: Any) -> None:
    Sample.objects.create(machine=machine, time=at, up=10, **figures)


def change(machine: Machine, at: datetime, **fields: Any) -> None:
    StateChange.objects.create(machine=machine, at=at, **fields)


@pytest.fixture
def machine(anna: User) -> Machine:
    return give_machine(give_token(anna, "Mine"))


# What the page shows ---------------------------------------------------------------------------------


def test_a_machine_without_any_history_has_a_page(anna: User) -> None:
    unheard = dict.fromkeys(("heard_at", "checked_at", "since", "booted_at", "cpu", "memory", "disk"))
    shown = page(anna, give_machine(give_token(anna), word="", **unheard))
    assert (shown.card.state, shown.timeline, shown.heard_at) == ("unseen", (), None)
    assert [figure.now for figure in shown.charts.figures] == ["–", "–", "–"]
    assert [span.kind for span in shown.charts.strip] == ["none"]


def test_the_figures_are_those_of_the_last_check(anna: User, machine: Machine) -> None:
    for seconds, cpu in ((30, 10.0), (20, 20.0), (10, 33.3)):
        sample(
            machine,
            NOW - timedelta(seconds=seconds),
            cpu=cpu,
            memory_used=512.0,
            memory_percent=50.0,
            disk=5_000_000_000,
        )
    cpu_figure, memory, disk = page(anna, machine).charts.figures
    assert (cpu_figure.now, cpu_figure.detail) == ("33.3 %", "10 to 33, mean 21 %")
    assert (memory.now, memory.detail) == ("50.0 %", "0.5 of 1 GiB")
    assert (disk.now, disk.detail) == ("20.0 %", "4.66 of 23.3 GiB")
    told = {field.key: field.value for field in page(anna, machine).fields}
    assert told["cpu"] == "33.3"


def test_the_timeline_tells_each_change_newest_first(anna: User, machine: Machine) -> None:
    change(machine, NOW - timedelta(minutes=4), word="running")
    change(
        machine,
        NOW - timedelta(minutes=3),
        word="running",
        problem="unreachable",
        reason="timeout",
        said="Oh <no>",
        said_to=Token.objects.get().pk,
    )
    change(machine, NOW - timedelta(minutes=2), word="stopped")
    change(machine, NOW - timedelta(minutes=1), word="migrating")
    told = [(event.word, event.sentence) for event in page(anna, machine).timeline]
    assert told == [
        ("“migrating”", "After 1 min stopped."),
        ("Stopped", "The provider answers again, after 1 min. The figures of the time between are missing."),
        (
            "API unreachable",
            "The provider told nothing: it did not answer in time. It said: “Oh &lt;no&gt;”.",
        ),
        ("Running", "First heard of."),
    ]


def test_of_a_long_timeline_the_latest_are_shown(anna: User, machine: Machine) -> None:
    for number in range(EVENTS + 10):
        change(machine, NOW - timedelta(minutes=number), word="running" if number % 2 else "stopped")
    shown = page(anna, machine)
    events = (*shown.timeline, *shown.earlier)
    assert (len(shown.timeline), len(events)) == (FIRST, EVENTS)
    assert "First heard of." not in {event.sentence for event in events}
    assert [event.at for event in events] == sorted((event.at for event in events), reverse=True)


def test_each_day_of_a_timeline_is_named_once(anna: User, machine: Machine) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    for hours in (0, 1, 11.9, 12.1, 13, 50):
        change(machine, noon - timedelta(hours=hours), word="running")
    heads = [event.new_day for event in page(anna, machine).timeline]
    assert heads == [True, False, False, True, False, True]


def test_it_tells_through_which_of_ones_own_tokens_it_is_seen(
    anna: User, ben: User, machine: Machine
) -> None:
    give_access(give_token(anna, "Old", refused_at=NOW, said="Expired"), machine)
    give_access(give_token(ben, "His"), machine)
    told = [(seer.name, seer.word, seer.refused, seer.said) for seer in page(anna, machine).tokens]
    assert told == [("Mine", "Good", False, ""), ("Old", "Refused", True, "Expired")]


# Polls -----------------------------------------------------------------------------------------------


def test_a_poll_brings_the_page_when_something_was_heard(anna: User, machine: Machine) -> None:
    def poll(version: str) -> MachinePage | None:
        return poll_machine(anna, machine.project, machine.product, version)

    shown = page(anna, machine)
    assert poll(shown.version) is None
    Status.objects.update(checked_at=timezone.now() + timedelta(seconds=10))
    again = poll(shown.version)
    assert again is not None
    assert poll(again.version) is None
    Status.objects.update(late_at=NOW - timedelta(seconds=1))
    late = poll(again.version)
    assert late is not None
    assert (late.late, late.card.word) == (True, "Was running")
    assert poll("nonsense") is not None


def test_a_machine_is_as_late_as_the_board_is(anna: User, ben: User, machine: Machine) -> None:
    give_machine(give_token(ben), late_at=NOW - timedelta(seconds=1))
    assert not page(anna, machine).late, "another person's machine"
    version = page(anna, machine).version
    give_machine(Token.objects.get(owner=anna), late_at=NOW - timedelta(seconds=1))
    late = poll_machine(anna, machine.project, machine.product, version)
    assert late is not None
    assert (late.late, late.card.word, board(anna).late) == (True, "Was running", True)


# Strangers, and people whose token is refused ---------------------------------------------------------

BY_STRANGERS: dict[str, Callable[[User, Machine], object]] = {
    "show": page,
    "poll": lambda user, machine: poll_machine(user, machine.project, machine.product, ""),
    "forget": lambda user, machine: forget_machine(user, machine.project, machine.product),
}


@pytest.mark.parametrize("deed", BY_STRANGERS.values(), ids=BY_STRANGERS.keys())
def test_for_a_stranger_a_machine_does_not_exist(
    ben: User, machine: Machine, deed: Callable[[User, Machine], object]
) -> None:
    give_machine(give_token(ben))
    with pytest.raises(Http404):
        deed(ben, machine)
    with pytest.raises(Http404):
        deed(ben, Machine(project=machine.project, product="vm-of-nobody"))
    assert Access.objects.count() == 2


@pytest.fixture
def shut_out(anna: User, ben: User) -> Machine:
    """Anna's token is refused since ten minutes; Ben's goes on reading the machine."""
    machine = give_machine(
        give_token(anna, refused_at=BEFORE, said="Expired"), spark=[10, 20], version="9.9.9-bens"
    )
    give_access(give_token(ben, "bens-token"), machine)
    for seconds, cpu in ((700, 11.25), (10, 99.75)):
        sample(
            machine,
            NOW - timedelta(seconds=seconds),
            cpu=cpu,
            memory_used=77.125,
            memory_percent=7.5,
            disk=123_456,
        )
    change(machine, NOW - timedelta(minutes=20), word="running")
    change(machine, NOW - timedelta(minutes=5), word="running", problem="unreadable", said="said-to-ben")
    return machine


def test_a_refused_person_sees_nothing_that_another_token_heard_later(anna: User, shut_out: Machine) -> None:
    shown = page(anna, shut_out)
    everything = repr(shown) + "".join(everything_on(show_board(anna, View(view=view))) for view in VIEWS)
    for secret in ("99.75", "99.8", "9.9.9-bens", "said-to-ben", "bens-token"):
        assert secret not in everything
    assert (shown.card.state, shown.charts.figures, shown.heard_at) == ("refused", (), None)
    assert [event.word for event in shown.timeline] == ["Running"]
    assert [seer.said for seer in shown.tokens] == ["Expired"]
    unknown = {field.key for field in shown.fields if not field.value and not field.at}
    assert {"status", "cpus", "version", "agent", "memory_total", "maxdisk", "booted"} <= unknown


def test_what_was_heard_before_stays(anna: User, shut_out: Machine) -> None:
    told = {field.key: field.value for field in page(anna, shut_out).fields}
    assert (told["cpu"], told["name"]) == ("11.25", shut_out.name)


def test_accepted_again_all_of_it_is_there(anna: User, shut_out: Machine) -> None:
    Token.objects.filter(owner=anna).update(refused_at=None)
    shown = page(anna, shut_out)
    assert (shown.card.state, shown.charts.figures[0].now) == ("running", "99.8 %")
    assert [event.word for event in shown.timeline] == ["Unreadable answer", "Running"]


def test_the_other_person_sees_all_of_it_throughout(ben: User, shut_out: Machine) -> None:
    assert page(ben, shut_out).card.state == "running"
    assert len(page(ben, shut_out).timeline) == 2


# Taking a machine off the board ------------------------------------------------------------------------


def test_a_machine_that_is_listed_cannot_be_taken_off_the_board(anna: User, machine: Machine) -> None:
    assert not page(anna, machine).can_forget
    with pytest.raises(PermissionDenied, match="still lists this machine"):
        forget_machine(anna, machine.project, machine.product)
    assert Access.objects.exists()


@pytest.mark.parametrize("why", ["gone", "named by hand"])
def test_one_that_is_gone_or_was_named_by_hand_can_and_stays_for_others(
    anna: User, ben: User, why: str
) -> None:
    how = {"how": "hand"} if why == "named by hand" else {}
    machine = give_machine(give_token(anna), access=how, problem="gone" if why == "gone" else "")
    give_access(give_token(ben), machine)
    assert page(anna, machine).can_forget
    forget_machine(anna, machine.project, machine.product)
    with pytest.raises(Http404):
        page(anna, machine)
    assert page(ben, machine).card.name == machine.name
