"""A secret shows itself to nobody who did not ask for it by name."""

import copy
import json
import logging
import pickle

import pytest

from vps.provider.secret import Secret

SECRET = Secret("hunter2-hunter2")


def test_it_is_stars_wherever_it_is_printed() -> None:
    shown = [
        str(SECRET),
        repr(SECRET),
        f"{SECRET}",
        f"{SECRET!r:>5}",
        f"{SECRET:>5}",
        f"{SECRET} {SECRET!r}",
    ]
    assert all("***" in text and "hunter2" not in text for text in shown)
    assert "hunter2" not in repr([SECRET, {"a": SECRET}])


def test_it_is_revealed_by_name_alone() -> None:
    assert SECRET.reveal() == "hunter2-hunter2"
    assert not hasattr(SECRET, "__dict__")


def test_it_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("vps").warning("token %s %r", SECRET, SECRET)
    assert "hunter2" not in caplog.text
    assert "***" in caplog.text


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(SECRET, protocol)


def test_it_is_not_written_as_json() -> None:
    with pytest.raises(TypeError):
        json.dumps({"token": SECRET})
    assert json.dumps(SECRET, default=str) == '"***"'


def test_it_equals_the_same_secret_and_never_a_string() -> None:
    assert Secret("a\ud800") == Secret("a\ud800")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_it_is_neither_hashed_nor_doubled() -> None:
    with pytest.raises(TypeError):
        hash(SECRET)
    assert copy.copy(SECRET) is copy.deepcopy(SECRET) is SECRET
