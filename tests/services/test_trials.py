"""Trying a token: several calls at once, one deadline for all of them, and a word on everything that was not read."""

import pytest
from django.contrib.auth.models import User

from tests.services.conftest import AddToken
from tests.services.token_kit import add, by_hand, on_board
from vps.models import Access, Token
from vps.services import tokens, trials
from vps.simulator.server import Simulator


def machines(simulator: Simulator, number: int) -> list[tuple[str, str]]:
    """So many more machines in the first project."""
    project = next(iter(simulator.projects))
    return [(project, simulator.add_machine(project).product) for _turn in range(number)]


def test_machines_named_by_hand_are_read_at_the_same_time(anna: User, simulator: Simulator) -> None:
    named = machines(simulator, 6)
    simulator.fault("latency", seconds=0.5, kind="status")
    assert add(anna, by_hand(simulator), [], *named).saved
    asked = sorted(receipt.at for receipt in simulator.calls.received() if receipt.kind == "status")
    assert len(asked) == 6
    assert asked[-1] - asked[0] < 0.5, "each was asked before the first one answered"


def test_what_was_not_asked_in_time_is_said_and_the_rest_is_saved(
    anna: User, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "ASKING_SECONDS", 1.0)
    named = machines(simulator, 3 * trials.AT_ONCE)
    simulator.fault("latency", seconds=0.8, kind="status")
    outcome = add(anna, by_hand(simulator), [], *named)
    asked = simulator.calls.count("status")
    assert outcome.saved
    assert 0 < asked < len(named)
    assert len(on_board(anna)) == asked
    ((sentence, good),) = outcome.told
    assert not good
    assert f"{asked} machines found. " in sentence
    assert sentence.endswith("It was not asked, because the others took too long. Check the token again.")
    assert all(product in sentence for _project, product in named if product not in on_board(anna))


def test_a_listing_that_was_not_asked_in_time_changes_nothing(
    anna: User, simulator: Simulator, add_token: AddToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = add_token(anna)
    before = on_board(anna)
    monkeypatch.setattr(trials, "ASKING_SECONDS", 0.0)
    assert not tokens.check_token(anna, token.pk).saved
    row = tokens.get_token(anna, token.pk)
    assert {project.word for project in row.projects} == {"Not asked"}
    assert (on_board(anna), row.refused_at) == (before, None)


def test_of_machines_named_by_hand_those_that_failed_are_named_with_the_reason(
    anna: User, simulator: Simulator
) -> None:
    project, (product, *_rest) = next(iter(simulator.projects.items()))
    named = [(project, product), (project, "vm-none"), (project, "vm-neither")]
    outcome = add(anna, by_hand(simulator), [], *named)
    ((sentence, good),) = outcome.told
    assert sentence.startswith(f"{project}: 1 machine found. vm-none, vm-neither: The provider knows no such")
    assert (outcome.saved, good) == (True, False)


def test_entries_that_could_not_be_read_are_counted_in_words(anna: User, simulator: Simulator) -> None:
    project = next(iter(simulator.projects))
    listing = [{"uid": "vm-1", "type": "vps", "name": "web"}, {"uid": "../", "type": "vps", "name": "bad"}, 7]
    simulator.fault("status", code=200, body=listing, kind="listing")
    outcome = add(anna, simulator.tokens[0].token, [project])
    told = "2 entries of the listing could not be read."
    assert outcome.told == ((f"{project}: 1 machine found. {told}", False),)
    (row,) = tokens.get_token(anna, Token.objects.get().pk).projects
    assert (row.said, row.quoted, row.word) == (told, False, "Listed")


# Answers to a token that is another one by now -------------------------------------------------------


@pytest.fixture
def replaced_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the provider is asked, somebody puts another token into the place of the one that is tried."""

    def try_token(user: User, token: Token, wanted: dict[str, list[str]]) -> tuple[trials.Trial, ...]:
        answers = trials.try_token(user, token, wanted)
        for other in Token.objects.filter(pk=token.pk):
            other.seal("key_another_one")
            other.save(update_fields=["sealed"])
        return answers

    monkeypatch.setattr(tokens, "try_token", try_token)


def test_a_token_that_changed_while_it_was_checked_says_so(
    anna: User, add_token: AddToken, replaced_meanwhile: None
) -> None:
    outcome = tokens.check_token(anna, add_token(anna).pk)
    assert not outcome.saved
    assert outcome.told == (("The token changed meanwhile; try again.", False),)


def test_so_does_one_that_changed_while_a_project_was_added(
    anna: User, simulator: Simulator, add_token: AddToken, replaced_meanwhile: None
) -> None:
    first, second, *_rest = simulator.projects
    outcome = tokens.add_project(anna, add_token(anna, projects=[first]).pk, second)
    assert outcome.told == (("The token changed meanwhile; try again.", False),)
    assert not Access.objects.filter(machine__project=second).exists()
