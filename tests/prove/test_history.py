"""Hundreds of presses by many people at once, with faults: what was clicked, sent and written down agree."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.prove import FULL, SEED, say
from tests.prove.archive import come_to_rest, rows_now
from tests.prove.crowd import Crowd
from tests.prove.history import History, lies
from tests.prove.web import Visitor, Watcher, Web
from tests.prove.witness import Witness
from tests.services.collector_kit import eventually
from vps.models import PowerAction
from vps.simulator import machines

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # asyncio forgets to close a connection that comes in the moment in which the provider shuts its door
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ACTIONS, MACHINES, PEOPLE, KILLING = (2000, 60, 16, 20.0) if FULL else (100, 24, 10, 0.0)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Witness]:
    """Its machines take a fifth of their usual time."""
    for command, usual in machines.SECONDS.items():
        monkeypatch.setitem(machines.SECONDS, command, usual / 5)
    with Witness() as running:
        yield running


@pytest.fixture
def crowd(provider: Witness, tmp_path: Path) -> Iterator[Crowd]:
    """The panel runs: two web servers and a collector."""
    webs, watcher = [Web(tmp_path, provider.api) for _server in range(2)], Watcher(tmp_path, provider.api)
    with ExitStack() as stack:
        for server in (watcher, *webs):
            stack.callback(server.kill)
            server.start()
        yield Crowd(provider, webs, watcher, SEED)


def test_clicks_calls_and_rows_tell_the_same_story(
    provider: Witness, crowd: Crowd, person: Callable[..., User], capsys: pytest.CaptureFixture[str]
) -> None:
    people = [person(f"person-{number}") for number in range(4)]
    crowd.give_machines(MACHINES, people)
    visitors = [(each, Visitor.of(each, crowd.webs[0])) for each in people for _tab in range(PEOPLE // 4)]
    began = timezone.now()
    crowd.begin(visitors, KILLING)
    try:
        eventually(lambda: PowerAction.objects.count() >= ACTIONS or crowd.failed, "enough is done", 1800)
    finally:
        crowd.end()
    took = (timezone.now() - began).total_seconds()
    come_to_rest()
    rows = rows_now()
    found = lies(History(crowd.clicks, provider.deeds, provider.sights, rows))
    assert not found, "\n".join(found)
    assert provider.calls.count("control") == len(provider.deeds)
    for server in (*crowd.webs, crowd.watcher):
        assert "Traceback" not in server.log.read_text()
    ends = Counter(f"{row.state} {row.observed}".strip() for row in rows)
    say(
        f"{len(rows)} actions of {len(crowd.clicks)} clicks in {took:.0f} s, {crowd.storms} faults, "
        f"{crowd.kills} kills, {len(provider.deeds)} calls: {dict(ends)}; no lie",
        capsys,
    )
