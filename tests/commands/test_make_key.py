"""`manage.py make_key` prints a key, and needs no setting for it."""

import os
import subprocess
import sys
from pathlib import Path

from vps.crypto import read_key

MANAGE = Path(__file__).parents[2] / "manage.py"


def make_key() -> str:
    bare = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, str(MANAGE), "make_key"], env=bare, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


def test_it_prints_a_new_key_each_time_with_no_setting_set() -> None:
    one, other = make_key(), make_key()
    assert one.endswith("\n")
    assert len(read_key(one.strip())) == 32
    assert one != other
