"""What an answer to one listing means for the whole token."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from tests.rows import give_machine, give_token
from tests.services.conftest import AddToken
from vps.models import Access, Token, TokenProject
from vps.provider import errors
from vps.provider.rates import Rate
from vps.provider.replies import Listed, Listing
from vps.services import tokens
from vps.services.asking import Answer
from vps.services.proofs import take_listing
from vps.services.words import SEAL
from vps.simulator.server import Simulator

NOW = datetime.now(UTC)
OLD = NOW - timedelta(minutes=5)
NO = errors.TokenRefused(said="No.")


@pytest.fixture
def token(anna: User) -> Token:
    """It reads a machine in prj-1, which was last listed five minutes ago, as prj-2 was."""
    token = give_token(anna)
    give_machine(token, access={"proved_at": OLD})
    for project in ("prj-1", "prj-2"):
        TokenProject.objects.create(token=token, project=project, how="listed", checked_at=OLD)
    return token


def take(token: Token, project: str, told: errors.ProviderError | Listing) -> Token:
    row = TokenProject.objects.select_related("token").get(token=token, project=project)
    error, reply = (None, told) if isinstance(told, Listing) else (told, None)
    take_listing(row, Answer(NOW, Rate(), reply, error))
    token.refresh_from_db()
    return token


def test_401_to_every_listing_refuses_the_token(token: Token) -> None:
    assert take(token, "prj-1", NO).refused_at is None
    assert take(token, "prj-2", NO).refused_at == NOW


def test_401_to_one_listing_leaves_a_token_that_another_project_answers(token: Token) -> None:
    take(token, "prj-2", errors.NotAllowed())
    assert take(token, "prj-1", NO).refused_at is None
    assert TokenProject.objects.get(project="prj-1").problem == "token_refused"


@pytest.mark.parametrize(
    "other", [errors.Unreachable("timeout"), errors.RateLimited(), errors.BadReply()], ids=str
)
def test_a_failure_of_the_other_project_says_nothing_for_the_token(
    token: Token, other: errors.ProviderError
) -> None:
    take(token, "prj-2", other)
    assert take(token, "prj-1", NO).refused_at == NOW


def test_401_to_the_only_listing_leaves_a_token_that_read_a_machine_just_now(token: Token) -> None:
    TokenProject.objects.filter(project="prj-2").delete()
    Access.objects.update(proved_at=NOW - timedelta(seconds=70))
    assert take(token, "prj-1", NO).refused_at is None
    Access.objects.update(proved_at=OLD)
    assert take(token, "prj-1", NO).refused_at == NOW


def test_a_seal_that_does_not_open_is_no_refusal_of_the_provider(token: Token) -> None:
    TokenProject.objects.filter(project="prj-2").delete()
    assert take(token, "prj-1", errors.TokenRefused(SEAL, said="The key is lost.")).refused_at is None
    row = TokenProject.objects.get()
    assert (row.problem, row.said) == ("token_refused", "The key is lost.")


def test_entries_that_could_not_be_read_are_said_until_they_can(token: Token) -> None:
    web = Listed("vm-1", "vps", "web", None, None, None)
    take(token, "prj-1", Listing((web,), products=2, skipped=1))
    assert TokenProject.objects.get(project="prj-1").said == "1 entry of the listing could not be read."
    take(token, "prj-1", Listing((web,), products=1, skipped=0))
    assert TokenProject.objects.get(project="prj-1").said == ""


def test_a_mistyped_project_that_answers_401_does_not_refuse_the_token(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    simulator.fault("status", code=401, project="prj-of-nobody")
    outcome = tokens.add_project(anna, token.pk, "prj-of-nobody")
    assert not outcome.saved
    assert "(401)" in outcome.told[0][0]
    row = tokens.get_token(anna, token.pk)
    assert (row.word, row.refused_at) == ("Good", None)
    assert "prj-of-nobody" not in {project.project for project in row.projects}
