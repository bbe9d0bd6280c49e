"""What a new token gets of the machines that the old one read: never more than was answered, and never less."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.services.collector_kit import eventually
from tests.services.conftest import AddToken
from tests.services.token_kit import add, by_hand, products
from vps.access import visible_machines
from vps.models import Access, Machine, Token
from vps.provider.secret import Secret
from vps.services import tokens
from vps.services.collection import Collector
from vps.simulator.server import Simulator


def granted(user: User) -> set[str]:
    return {machine.product for machine in visible_machines(user) if getattr(machine, "granted")}  # noqa: B009


def waiting(user: User) -> set[str]:
    return set(visible_machines(user).values_list("product", flat=True)) - granted(user)


def said(outcome: tokens.Outcome) -> str:
    return "\n".join(sentence for sentence, _good in outcome.told)


@pytest.fixture
def hands(anna: User, simulator: Simulator) -> Token:
    """A token that may list nothing: both machines of each of two projects were named by hand."""
    named = [
        (project, product)
        for project in list(simulator.projects)[:2]
        for product in simulator.projects[project]
    ]
    outcome = add(anna, by_hand(simulator), [], *named)
    assert outcome.saved
    return Token.objects.get()


def replace(user: User, token: Token, secret: str) -> tokens.Outcome:
    outcome = tokens.replace_token(user, token.pk, Secret(secret))
    assert outcome.saved
    return outcome


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "status", "code": 500},
        {"fault": "status", "code": 429},
        {"fault": "reset"},
        {"fault": "html"},
    ],
    ids=str,
)
def test_a_machine_named_by_hand_that_fails_just_then_is_not_lost(
    anna: User, simulator: Simulator, hands: Token, fault: dict[str, str]
) -> None:
    project, (failing, _good) = next(iter(simulator.projects.items()))
    known = granted(anna)
    simulator.fault(**fault, product=failing)
    outcome = replace(anna, hands, simulator.mint(listing=False).token)
    assert (granted(anna), waiting(anna)) == (known - {failing}, {failing})
    assert (
        f"{project}: 1 machine is shown again once the provider answers for it with the new token."
        in said(outcome)
    )
    assert f"{failing}: The provider" in said(outcome)


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_machine_named_by_hand_that_is_refused_is_dropped_and_named(
    anna: User, simulator: Simulator, hands: Token, code: int
) -> None:
    refused = next(iter(simulator.projects.values()))[0]
    known = granted(anna)
    simulator.fault("status", code=code, product=refused)
    outcome = replace(anna, hands, simulator.mint(listing=False).token)
    assert (granted(anna), waiting(anna)) == (known - {refused}, set())
    assert f"the new token does not read {refused}, which this token shows no more" in said(outcome)


def test_a_project_that_is_not_reached_just_then_keeps_its_machines(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    away, *others = simulator.projects
    simulator.fault("reset", project=away)
    outcome = replace(anna, token, simulator.tokens[1].token)
    assert waiting(anna) == products(simulator, away)
    assert granted(anna) == products(simulator, *others)
    assert f"{away}: 2 machines are shown again" in said(outcome)


def test_what_a_good_listing_holds_no_longer_is_dropped_and_named(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    gone, *_others = next(iter(simulator.projects.values()))
    name = Machine.objects.get(product=gone).name
    simulator.remove(gone)
    outcome = replace(anna, token, simulator.tokens[1].token)
    assert gone not in granted(anna) | waiting(anna)
    assert f"the new token does not read {name}, which" in said(outcome)


def test_every_machine_of_a_project_that_is_refused_to_the_new_token_is_named(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    kept, *lost = simulator.projects
    outcome = replace(anna, token, simulator.mint([kept]).token)
    for machine in Machine.objects.filter(project__in=lost):
        assert machine.name in said(outcome)


def test_an_empty_listing_to_the_new_token_drops_nothing_and_grants_nothing(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    empty = next(iter(simulator.projects))
    simulator.fault("status", code=200, body=[], kind="listing", project=empty)
    replace(anna, token, simulator.tokens[1].token)
    assert waiting(anna) == products(simulator, empty)


def test_nothing_is_said_where_the_new_token_reads_all(
    anna: User, add_token: AddToken, simulator: Simulator
) -> None:
    outcome = replace(anna, add_token(anna), simulator.tokens[1].token)
    assert [good for _sentence, good in outcome.told] == [True] * len(simulator.projects)
    assert not waiting(anna)


def test_what_was_refused_to_the_old_token_alone_is_granted_to_the_new_one(
    anna: User, add_token: AddToken, simulator: Simulator
) -> None:
    token = add_token(anna)
    Access.objects.update(refused_at=timezone.now(), said="Not with that one.")
    replace(anna, token, simulator.tokens[1].token)
    assert not waiting(anna)
    assert set(Access.objects.values_list("said", flat=True)) == {""}


@pytest.mark.django_db(transaction=True)
def test_what_waits_for_the_new_token_is_proved_by_its_next_check(
    anna: User, simulator: Simulator, hands: Token
) -> None:
    failing = next(iter(simulator.projects.values()))[0]
    fault = simulator.fault("status", code=500, product=failing)
    replace(anna, hands, simulator.mint(listing=False).token)
    assert waiting(anna) == {failing}
    simulator.clear_faults(fault)
    Collector(threads=2).run_once()
    eventually(lambda: not waiting(anna), "the new token reads it")


@pytest.mark.django_db(transaction=True)
def test_what_waits_and_is_refused_then_stays_refused(anna: User, simulator: Simulator, hands: Token) -> None:
    failing = next(iter(simulator.projects.values()))[0]
    fault = simulator.fault("status", code=500, product=failing)
    replace(anna, hands, simulator.mint(listing=False).token)
    simulator.clear_faults(fault)
    simulator.fault("status", code=403, product=failing)
    Collector(threads=2).run_once()
    assert waiting(anna) == {failing}
