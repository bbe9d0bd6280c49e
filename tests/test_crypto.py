"""Sealed values open in their own row, whole and with the right keys; otherwise they say why not."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from vps import crypto

ROW, OTHER_ROW = "token/1/anna", "token/2/anna"
TOKEN = "key_abcdefghijklmnop"


def test_what_was_sealed_opens() -> None:
    assert crypto.unseal(crypto.seal(TOKEN, ROW), ROW) == TOKEN


@given(st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=4096))
def test_any_token_opens(token: str) -> None:
    assert crypto.unseal(crypto.seal(token, ROW), ROW) == token


def test_the_same_token_is_never_sealed_the_same() -> None:
    assert len({crypto.seal(TOKEN, ROW) for _ in range(100)}) == 100


def test_a_sealed_value_shows_nothing_of_the_token() -> None:
    assert TOKEN.encode() not in crypto.seal(TOKEN, ROW)


def test_swapped_between_rows_it_does_not_open() -> None:
    with pytest.raises(crypto.SealBroken, match="belongs to another row"):
        crypto.unseal(crypto.seal(TOKEN, ROW), OTHER_ROW)


def test_with_any_bit_flipped_it_does_not_open() -> None:
    sealed = crypto.seal(TOKEN, ROW)
    for position in range(len(sealed)):
        for bit in range(8):
            flipped = bytearray(sealed)
            flipped[position] ^= 1 << bit
            with pytest.raises(crypto.SealBroken, match=r"A stored token .+\."):
                crypto.unseal(bytes(flipped), ROW)


def test_cut_at_any_length_it_does_not_open() -> None:
    sealed = crypto.seal(TOKEN, ROW)
    for length in range(len(sealed)):
        with pytest.raises(crypto.SealBroken, match=r"A stored token .+\."):
            crypto.unseal(sealed[:length], ROW)


def test_with_more_at_its_end_it_does_not_open() -> None:
    with pytest.raises(crypto.SealBroken):
        crypto.unseal(crypto.seal(TOKEN, ROW) + b"\0", ROW)


@pytest.mark.parametrize("version", [0, 2, 127, 255])
def test_of_an_unknown_version_it_does_not_open(version: int) -> None:
    with pytest.raises(crypto.SealBroken, match="unknown kind"):
        crypto.unseal(bytes([version]) + crypto.seal(TOKEN, ROW)[1:], ROW)


@given(st.binary(max_size=100))
def test_random_bytes_do_not_open(noise: bytes) -> None:
    with pytest.raises(crypto.SealBroken):
        crypto.unseal(noise, ROW)


def test_without_its_key_it_does_not_open(settings: Settings) -> None:
    sealed = crypto.seal(TOKEN, ROW)
    settings.TOKEN_KEYS = [crypto.make_key()]
    with pytest.raises(crypto.SealBroken, match="not among TOKEN_KEYS"):
        crypto.unseal(sealed, ROW)


def test_another_key_that_claims_its_id_does_not_open_it(settings: Settings) -> None:
    sealed = crypto.seal(TOKEN, ROW)
    settings.TOKEN_KEYS = [crypto.make_key()]
    forged = sealed[:1] + crypto.current_key_id() + sealed[5:]
    with pytest.raises(crypto.SealBroken, match="does not open"):
        crypto.unseal(forged, ROW)


def test_all_keys_open_and_the_first_one_seals(settings: Settings) -> None:
    sealed = crypto.seal(TOKEN, ROW)
    settings.TOKEN_KEYS = [crypto.make_key(), *settings.TOKEN_KEYS]
    assert crypto.unseal(sealed, ROW) == TOKEN
    assert crypto.key_id(sealed) != crypto.current_key_id()
    assert crypto.key_id(crypto.seal(TOKEN, ROW)) == crypto.current_key_id()


def test_what_does_not_open_tells_nothing_secret() -> None:
    with pytest.raises(crypto.SealBroken) as told:
        crypto.unseal(crypto.seal(TOKEN, ROW), OTHER_ROW)
    assert TOKEN not in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__context__ is None


def test_a_new_key_is_32_random_bytes() -> None:
    keys = {crypto.make_key() for _ in range(100)}
    assert len(keys) == 100
    assert {len(crypto.read_key(key)) for key in keys} == {32}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short",
        "ü" * 44,
        "=" * 44,
        "not base64 at all, but of 44 characters.....",
        base64.urlsafe_b64encode(bytes(31)).decode(),
        base64.urlsafe_b64encode(bytes(33)).decode(),
    ],
)
def test_what_is_no_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="make_key prints one") as told:
        crypto.read_key(text)
    assert not text or text not in str(told.value)


def test_it_opens_in_the_shape_that_postgresql_gives_it() -> None:
    sealed = crypto.seal(TOKEN, ROW)
    assert crypto.unseal(memoryview(sealed), ROW) == TOKEN
