"""A soak that finds nothing must be able to find something."""

import pytest

from tests.soak.ledger import Asked, Reading, Rounds, growth


def readings(memory: list[float], files: list[int]) -> list[Reading]:
    return [Reading(20.0 + 5 * n, *told) for n, told in enumerate(zip(memory, files, strict=True))]


@pytest.mark.parametrize(
    ("memory", "files", "said"),
    [
        ([80.0] * 9, [20] * 9, []),
        (
            [80.0, 80, 80, 200, 90, 80, 80, 80, 80],
            [20, 60, 20, 20, 60, 20, 20, 20, 20],
            [],
        ),  # it gave them back
        ([80.0 + 20 * n for n in range(9)], [20] * 9, ["web grew from 120 to 200 MB"]),
        ([80.0] * 9, [20 + 20 * n for n in range(9)], ["web held 60 descriptors, and then 140"]),
        ([80.0, 200], [20, 90], []),  # too young to tell
    ],
)
def test_growth_is_what_stays(memory: list[float], files: list[int], said: list[str]) -> None:
    assert growth("web", readings(memory, files)) == said


def test_a_machine_asked_twice_in_an_interval_is_found_unless_something_explains_it() -> None:
    rounds = Rounds(10.0)
    assert rounds.note([Asked(0.0, "a", 1), Asked(10.0, "a", 1), Asked(12.0, "b", 1)]) == []
    assert rounds.note([Asked(11.0, "a", 1)]) == [Asked(11.0, "a", 1)]
    assert rounds.note([Asked(12.0, "a", 2)]) == []  # another token's recheck
    rounds.excuse(20.0, "a")
    assert rounds.note([Asked(13.0, "a", 2), Asked(13.5, "b", 1)]) == [Asked(13.5, "b", 1)]
    rounds.excuse(30.0)
    assert rounds.note([Asked(14.0, "b", 1)]) == []
    assert (rounds.doubled, rounds.calls) == (2, 8)


def test_a_missed_round_is_counted() -> None:
    rounds = Rounds(10.0)
    rounds.note([Asked(0.0, "a", 1), Asked(11.0, "a", 1), Asked(31.0, "a", 1), Asked(72.0, "a", 1)])
    assert rounds.missed == 1 + 3
