"""Every failure of the provider has a sentence, with the provider's own words as text in it."""

import pytest
from django.utils import timezone

from vps.models import Status
from vps.provider import errors
from vps.services import words

ERRORS = [
    (errors.TokenRefused(), "refuses this token (401)"),
    (errors.NotAllowed(), "may not do this (403)"),
    (errors.NotFound(), "no such project or machine"),
    (errors.RateLimited(), "wants fewer calls (429)"),
    (errors.Unreachable("dns"), "could not be reached: its name was not found"),
    (errors.Unreachable("of a later version"), "could not be reached: no usable answer came"),
    (errors.BadReply("not_json"), "could not be understood"),
    (errors.Refused(), "says no"),
]


@pytest.mark.parametrize(("error", "told"), ERRORS, ids=lambda value: getattr(value, "code", ""))
def test_an_error_is_told_in_a_sentence(error: errors.ProviderError, told: str) -> None:
    sentence = words.error_sentence(error)
    assert told in sentence
    assert sentence.endswith(".")


def test_the_provider_is_quoted_as_it_spoke() -> None:
    told = words.error_sentence(errors.NotAllowed(said="No %s {0} %(x)s <b>"))
    assert told.endswith("It said: “No %s {0} %(x)s <b>”.")


@pytest.mark.parametrize(
    ("said", "told"),
    [("Expired.", "Expired"), ("Expired", "Expired"), ("Wait...", "Wait"), (".", "."), ("No?", "No?")],
)
def test_a_quotation_ends_once(said: str, told: str) -> None:
    sentence = words.problem_sentence(Status(problem="refused", said=said), told=True)
    assert sentence.endswith(f"It said: “{told}”. Replace it.")
    assert words.error_sentence(errors.NotAllowed(said=said)).endswith(f"It said: “{told}”.")


def test_our_own_words_about_a_seal_are_not_put_into_the_providers_mouth() -> None:
    told = words.error_sentence(errors.TokenRefused(words.SEAL, said="A stored token was changed."))
    assert told == "A stored token was changed. The stored token cannot be opened: replace it."


@pytest.mark.parametrize("problem", [problem for problem in Status.Problem if problem])
def test_a_card_quotes_the_provider_as_text(problem: Status.Problem) -> None:
    sentence = words.problem_sentence(Status(problem=problem, said="<b>{0} %s</b>"), told=True)
    assert "“&lt;b&gt;{0} %s&lt;/b&gt;”" in sentence


@pytest.mark.parametrize("problem", [problem for problem in Status.Problem if problem])
@pytest.mark.parametrize("reason", ["timeout", words.SEAL])
def test_what_was_said_to_another_persons_token_is_neither_quoted_nor_blamed_on_ones_own(
    problem: Status.Problem, reason: str
) -> None:
    row = Status(problem=problem, said="Limit of key alice-7", reason=reason, since=timezone.now())
    sentence = words.problem_sentence(row, told=False)
    assert sentence.endswith(".")
    for claim in ("alice", "this token", "the token", "Replace"):
        assert claim not in sentence


def test_every_problem_has_a_word_and_a_tone_that_is_not_green() -> None:
    for problem in Status.Problem:
        if problem:
            word, tone = words.STATES[problem]
            assert str(word)
            assert tone in ("bad", "late")


def test_the_first_answer_is_promised_in_whole_seconds() -> None:
    assert words.unseen_sentence(9.6) == "Its first answer comes within 10 s."
