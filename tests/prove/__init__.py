"""Long runs that prove what a power action promises: `make prove`. In `make test` they are short."""

import os
import sys

import pytest

FULL = os.environ.get("PROVE") == "1"
SEED = int(os.environ.get("PROVE_SEED", "7"))  # another one is another story


def say(figures: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Shown by `make prove`."""
    if FULL:
        with capsys.disabled():
            sys.stdout.write(f"\n{figures}\n")
