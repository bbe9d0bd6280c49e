"""Runs the few tests that failed beside the others once more, by themselves, and names those that pass then.

The suite starts hundreds of processes and browsers on two cores, where a test may starve. What fails twice has failed;
so has a run in which more than a few did, or that ended for another reason than a failed test.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

FAILED = Path(".pytest_cache/v/cache/lastfailed")
A_FEW = 6


def failed_tests() -> list[str]:
    return sorted(json.loads(FAILED.read_text())) if FAILED.exists() else []


def main(pytest: str, *options: str) -> int:
    """The exit code of `pytest`, or of its second run."""
    ended = subprocess.run([pytest, "--cache-clear", *options], check=False).returncode
    failed = failed_tests()
    # a file that could not be read is no failed test
    if ended != 1 or not 0 < len(failed) <= A_FEW or not all("::" in one for one in failed):
        return ended
    _say(f"\n{len(failed)} failed beside the others; once more, by themselves:")
    again = subprocess.run([pytest, *failed], check=False).returncode
    if again == 0:
        _say("\n  ".join(["These failed beside the others, and pass by themselves:", *failed]))
    return again


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.chdir(Path(__file__).parent.parent)
    sys.exit(main(*sys.argv[1:]))
