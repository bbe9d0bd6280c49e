"""What failed beside the others is run once more, and nothing else is forgiven."""

import os
import sys
from pathlib import Path

import pytest

from tests import again

STARVED = """
from pathlib import Path

def test_good():
    pass

def test_starved():
    there = Path("ran")
    first = not there.exists()
    there.touch()
    assert not first
"""


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and a pytest that knows none of our settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
        monkeypatch.delenv(name)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def run() -> int:
    return again.main(f"{Path(sys.executable).parent}/pytest", "-q")


def test_one_that_passes_by_itself_is_named(alone: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (alone / "test_a.py").write_text(STARVED)
    assert run() == 0
    assert "and pass by themselves:\n  test_a.py::test_starved" in capfd.readouterr().out


def test_one_that_fails_twice_has_failed(alone: Path) -> None:
    (alone / "test_a.py").write_text("def test_bad():\n    assert False")
    assert run() == 1


def test_many_that_fail_are_not_tried_again(alone: Path) -> None:
    (alone / "test_a.py").write_text(
        STARVED + "".join(f"\ndef test_{n}():\n    assert False" for n in range(6))
    )
    assert run() == 1
    (alone / "test_a.py").write_text(STARVED)
    assert run() == 0  # the file that tells that it ran is there


def test_a_file_that_cannot_be_read_is_not_tried_again(
    alone: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (alone / "test_a.py").write_text("import nothing_of_this_name")
    assert run() == 2
    assert "once more" not in capfd.readouterr().out


def test_a_run_in_which_tests_were_skipped_too_has_failed(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skipping = "def pytest_sessionfinish(session):\n    session.exitstatus = 7"
    (alone / "conftest.py").write_text(skipping)
    (alone / "test_a.py").write_text(STARVED)
    assert run() == 7
