"""kill -9 of the web server in the middle of a bulk: who goes on with it asks for no machine a second time."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from tests.prove import FULL, say
from tests.prove.archive import let_a_minute_pass, rows_now
from tests.prove.history import History, false_outcomes, match
from tests.prove.web import Visitor, Web
from tests.prove.witness import Deed, Witness
from tests.rows import give_machine, give_token
from vps.models import BulkItem, Machine
from vps.services.power import sweep_actions

pytestmark = pytest.mark.django_db(transaction=True)
KILLS, MACHINES = (20, 160) if FULL else (2, 24)
HELD_SECONDS = 0.1  # so that a kill meets several presses


@pytest.fixture
def provider() -> Iterator[Witness]:
    with Witness() as running:
        yield running


@pytest.fixture
def visitor(provider: Witness, anna: User, tmp_path: Path) -> Iterator[Visitor]:
    web = Web(tmp_path, provider.api)
    web.start()
    yield Visitor.of(anna, web)
    web.kill()


@pytest.fixture
def machines(provider: Witness, anna: User) -> list[Machine]:
    project = provider.world.add_project()
    token = give_token(anna, secret=provider.mint([project]).token)
    products = [provider.add_machine(project, on=True).product for _machine in range(MACHINES)]
    provider.fault("latency", kind="control", seconds=HELD_SECONDS)
    return [give_machine(token, machine={"project": project, "product": product}) for product in products]


def begin(visitor: Visitor, machines: list[Machine]) -> str:
    """Chosen and confirmed; returns the address of the bulk."""
    chosen = visitor.post("/bulk/", {"command": "reboot", "machine": [machine.pk for machine in machines]})
    address = chosen.headers["Location"]
    assert visitor.post(f"{address}confirm/", {}).status_code == 303
    return address


def next_ones(visitor: Visitor, address: str) -> None:
    with suppress(requests.RequestException):
        visitor.post(f"{address}next/", {})


def kill_at_a_call(provider: Witness, visitor: Visitor, number: int) -> None:
    """The server is killed when so many more calls have come."""
    last = len(provider.deeds) + number

    def kill(deed: Deed) -> None:
        if len(provider.deeds) == last:
            visitor.web.kill()

    provider.on_deed = kill


def time_passes() -> None:
    """A minute, and the collector sweeps."""
    let_a_minute_pass()
    sweep_actions(timezone.now())
    BulkItem.objects.filter(state="taken").update(taken_at=F("taken_at") - timedelta(minutes=2))


def test_killed_in_the_middle_it_goes_on_and_doubles_nothing(
    visitor: Visitor, machines: list[Machine], provider: Witness, capsys: pytest.CaptureFixture[str]
) -> None:
    chance, address = random.Random(11), begin(visitor, machines)
    for _kill in range(KILLS):
        kill_at_a_call(provider, visitor, chance.randint(1, 5))
        next_ones(visitor, address)
        time_passes()
        visitor.web.start()
    provider.on_deed = lambda deed: None
    while BulkItem.objects.filter(state__in=["waiting", "taken"]).exists():
        next_ones(visitor, address)
        time_passes()
    rows = rows_now()
    assert sorted(row.machine for row in rows) == sorted(machine.product for machine in machines)
    assert set(BulkItem.objects.values_list("state", flat=True)) == {"pressed"}
    received, strays = match(History(deeds=provider.deeds, rows=rows))
    assert strays == []
    assert [lie for row in rows for lie in false_outcomes(row, received[row.number])] == []
    assert [row for row in rows if row.state in ("requested", "sent")] == []
    assert "Traceback" not in visitor.web.log.read_text()
    ends = Counter(f"{row.state} {row.reason}".strip() for row in rows)
    say(f"{KILLS} kills of a bulk of {MACHINES}: {len(provider.deeds)} calls, {dict(ends)}", capsys)
