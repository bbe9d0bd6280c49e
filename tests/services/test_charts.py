"""A machine's charts over each span: the right tier, honest gaps, and nothing that this person may not know."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.rows import give_action, give_machine, give_token
from vps.models import Machine, Sample, StateChange, Token
from vps.services.charts import Charts
from vps.services.machines import poll_machine, show_machine
from vps.services.spans import REACHES, load_points, merge

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still")]
NOW = timezone.now()
LONGER = [reach for reach in REACHES.values() if reach.bin]


@pytest.fixture
def machine(anna: User) -> Machine:
    made = give_machine(give_token(anna))
    Machine.objects.update(first_seen=NOW - timedelta(days=200))
    return made


def fill(machine: Machine, tier: int, seconds: int, **fields: Any) -> None:
    """Slots end to end, the last of which (number 0) ended before now; `fields` may be functions of the number."""
    end = NOW.timestamp() // tier * tier
    Sample.objects.bulk_create(
        Sample(
            machine=machine,
            tier=tier,
            time=datetime.fromtimestamp(end - number * tier, NOW.tzinfo),
            **{name: value(number) if callable(value) else value for name, value in fields.items()},
        )
        for number in range(seconds // tier)
    )


def charts(user: User, machine: Machine, span: str) -> Charts:
    return show_machine(user, machine.project, machine.product, span).charts


@pytest.mark.parametrize("reach", LONGER, ids=lambda reach: reach.key)
def test_each_span_is_drawn_from_its_tier_in_one_query(
    anna: User, machine: Machine, reach: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fill(
        machine, reach.tier, reach.seconds, cpu=25.0, cpu_most=75.0, memory_percent=50.0, up=float(reach.tier)
    )
    with django_assert_num_queries(1):
        points = load_points(machine, reach, NOW, NOW)
    assert reach.seconds / reach.bin - 2 <= len(points) <= 361
    assert {(point.cpu, point.cpu_most) for point in points} == {(25, 75)}
    began = NOW.timestamp() // reach.tier * reach.tier
    Sample.objects.create(
        machine=machine, tier=reach.tier, cpu=25, up=NOW.timestamp() - began,
        time=datetime.fromtimestamp(began + reach.tier, NOW.tzinfo),
    )  # fmt: skip
    drawn = charts(anna, machine, reach.key)
    assert drawn.figures[0].line.count("M") == 1, "an unbroken line"
    assert "75.0 %" in {row.most for row in drawn.rows}
    assert (drawn.uptime, [span.kind for span in drawn.strip][-1]) == ("100 %", "up")


def test_the_database_and_the_table_make_the_same_slots(machine: Machine) -> None:
    fill(
        machine,
        60,
        86400,
        cpu=lambda n: float(n % 60),
        up=lambda n: float(n % 3 * 20),
        down=lambda n: float(n % 2 * 10),
    )
    reach = REACHES["24h"]
    plain = Sample.objects.filter(time__gt=NOW - timedelta(days=1)).order_by("time")
    slots = load_points(machine, reach, NOW, NOW)
    names = slots[0]._fields
    alike = merge([type(slots[0])(*(getattr(row, name) for name in names)) for row in plain], reach.bin, NOW)
    assert len(slots) == len(alike)
    for one, other in zip(slots, alike, strict=True):
        assert one.time == other.time
        assert [one.cpu, one.up, one.down, one.unknown] == pytest.approx(
            [other.cpu, other.up, other.down, other.unknown]
        )


def test_unknown_time_is_a_gap_in_the_line_and_said(anna: User, machine: Machine) -> None:
    fill(machine, 60, 86400, cpu=5.0, up=60.0)
    edge = datetime.fromtimestamp(NOW.timestamp() // 300 * 300, NOW.tzinfo)
    gone = Sample.objects.filter(time__gt=edge - timedelta(hours=9), time__lte=edge - timedelta(hours=6))
    assert gone.delete()[0] == 180
    drawn = charts(anna, machine, "24h")
    assert drawn.figures[0].line.count("M") == 2
    assert [span.kind for span in drawn.strip] == ["up", "none", "up"]
    assert (drawn.uptime, drawn.unknown) == ("100 %", "3 h")


def test_a_short_time_down_is_never_rounded_away(anna: User, machine: Machine) -> None:
    fill(
        machine,
        7200,
        90 * 86400,
        cpu=5.0,
        up=lambda n: 7199.0 if n == 5 else 7200.0,
        down=lambda n: float(n == 5),
    )
    assert charts(anna, machine, "90d").uptime == "99.99 %"


def test_nothing_known_is_a_dash_and_not_0(anna: User, machine: Machine) -> None:
    drawn = charts(anna, machine, "30d")
    assert (drawn.uptime, drawn.unknown, drawn.rows) == ("–", "30 d", ())
    fill(machine, 7200, 30 * 86400, unknown=7200.0)
    drawn = charts(anna, machine, "30d")
    assert (drawn.uptime, drawn.figures[0].now, drawn.figures[0].line) == ("–", "–", "")
    assert {row.cpu for row in drawn.rows} == {"–"}


def test_actions_and_changes_of_the_span_are_marked(anna: User, machine: Machine) -> None:
    for hours in (2, 40):
        at = NOW - timedelta(hours=hours)
        give_action(machine, anna, "reboot", requested_at=at, observed="reached")
        StateChange.objects.create(machine=machine, at=at, word="stopped")
    marks = charts(anna, machine, "24h").marks
    assert {mark.kind for mark in marks} == {"action", "change"}
    assert next(mark.told for mark in marks if mark.kind == "action").startswith("anna pressed Reboot, ")
    assert len(charts(anna, machine, "7d").marks) == 4
    assert charts(anna, machine, "1h").marks == ()


def test_of_a_slot_that_a_refusal_cuts_nothing_is_shown(anna: User, machine: Machine) -> None:
    """It holds what was heard later through somebody else's token."""
    fill(machine, 7200, 4 * 7200, cpu=lambda n: 99.75 if n == 0 else 5.0, up=7200.0)
    end = datetime.fromtimestamp(NOW.timestamp() // 7200 * 7200, NOW.tzinfo)
    Token.objects.update(refused_at=end - timedelta(hours=1))
    drawn = charts(anna, machine, "30d")
    assert "99.8" not in repr(drawn)
    assert "100" not in {point.split(",")[2] for point in drawn.points.split(";")}
    assert len(drawn.points.split(";")) == 3


def test_a_page_stays_in_its_span_when_it_is_polled(anna: User, machine: Machine) -> None:
    def poll(version: str) -> Any:
        return poll_machine(anna, machine.project, machine.product, version)

    shown = show_machine(anna, machine.project, machine.product, "7d")
    assert poll(shown.version) is None
    assert poll("1-2-3-4-7d").charts.reach.key == "7d"
    for nonsense in ("old", "1-2-3-4-8d", ""):
        assert poll(nonsense).charts.reach.key == "1h"
