"""Bodies and texts: read within bounds and cleaned, whatever bytes they are."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vps.provider.bodies import Unreadable, parse
from vps.provider.secret import Secret
from vps.provider.text import clean


@given(st.binary(max_size=60) | st.text('[]{}",:1eNa \\u', max_size=60).map(str.encode))
def test_any_bytes_are_json_or_unreadable(body: bytes) -> None:
    with suppress(Unreadable):
        parse(body, Secret("tok_12345678"))


@given(st.text(st.characters()), st.integers(1, 300))
def test_a_cleaned_text_is_one_short_line_that_can_be_stored(text: str, length: int) -> None:
    cleaned = clean(text, length)
    assert len(cleaned) <= length
    assert "\0" not in cleaned
    assert len(cleaned.splitlines()) <= 1
    cleaned.encode()


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"a":' * 100_000, "[" * 34 + "]" * 34], ids=["lists", "objects", "34"]
)
def test_deep_nesting_is_unreadable_by_name(body: str) -> None:
    with pytest.raises(Unreadable) as error:
        parse(body.encode(), Secret("tok_12345678"))
    assert error.value.reason == "too_deep"


def test_the_token_is_masked_with_its_slashes_escaped_too() -> None:
    token = Secret("tok/12345678")
    assert parse(rb'["tok/12345678", "tok\/12345678"]', token) == ["***", "***"]
