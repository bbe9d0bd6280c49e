"""kill -9 of the web server in the middle of a press: nothing is doubled, nothing stays stuck, nothing is invented."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from tests.prove import FULL, say
from tests.prove.kills import POINTS, Scene, history_of, look_afterwards
from tests.prove.web import Web
from tests.prove.witness import Witness

pytestmark = pytest.mark.django_db(transaction=True)
KILLS = 20 if FULL else 1


@pytest.fixture
def scene(anna: User, tmp_path: Path) -> Iterator[Scene]:
    with Witness() as provider:
        web = Web(tmp_path, provider.api)
        made = Scene(provider, web, anna, seed=3)
        web.start()
        try:
            yield made
        finally:
            made.close()


@pytest.mark.parametrize("point", POINTS)
def test_killed_in_the_middle_of_a_press_it_is_sent_once_and_told_truly(
    point: str, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    kill, expected = POINTS[point]
    for _kill in range(KILLS):
        look_afterwards(scene, kill(scene))
    assert set(scene.left) <= expected
    assert history_of(scene) == []
    assert "Traceback" not in scene.web.log.read_text()
    say(f"{KILLS} kills {point}: {dict(scene.left)}, {len(scene.provider.deeds)} calls, no lie", capsys)
