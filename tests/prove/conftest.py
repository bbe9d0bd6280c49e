"""What takes long runs by `make prove` alone."""

from tests.prove import FULL

collect_ignore = [] if FULL else ["test_clock_jumps.py"]
