"""What a moment that is still to come tells: that the clock of the process which wrote it was wrong, or ours is."""

from datetime import timedelta

# Clocks of healthy machines differ by less. A check made later than this from now was made who knows when.
CHECKED_AHEAD = timedelta(minutes=1)
# Far beyond any clock that is a little wrong: whoever acts by it would give up what others are just doing.
BEGUN_AHEAD = timedelta(hours=1)
