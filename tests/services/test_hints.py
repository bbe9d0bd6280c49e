"""What a token says of itself."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vps.provider.secret import Secret
from vps.services.hints import expiry_hint
from vps.simulator.server import Simulator


def jwt(claims: object) -> Secret:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return Secret(f"eyJhbGciOiJIUzI1NiJ9.{part}.c2lnbmF0dXJl")


def test_a_jwt_says_when_it_expires() -> None:
    assert expiry_hint(jwt({"exp": 1_800_000_000})) == datetime.fromtimestamp(1_800_000_000, tz=UTC)


def test_a_project_key_says_nothing() -> None:
    assert expiry_hint(Secret("key_abcdefgh")) is None


@pytest.mark.parametrize("claims", [{}, [], None, "exp", 7, {"exp": None}, {"exp": []}, {"exp": "soon"}])
def test_a_jwt_without_a_moment_says_nothing(claims: object) -> None:
    assert expiry_hint(jwt(claims)) is None


@pytest.mark.parametrize("moment", [10**30, -(10**30), float("inf"), float("nan"), "9" * 5000])
def test_a_moment_that_is_none_says_nothing(moment: object) -> None:
    assert expiry_hint(jwt({"exp": moment})) is None


@given(st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1))
def test_whatever_a_token_holds_it_is_never_an_error(text: str) -> None:
    for token in (text, f"a.{text}.c"):
        hint = expiry_hint(Secret(token))
        assert hint is None or hint.tzinfo is not None


def test_a_deeply_nested_jwt_is_no_error() -> None:
    nested = base64.urlsafe_b64encode(b"[" * 100_000).decode()
    assert expiry_hint(Secret(f"a.{nested}.c")) is None


def test_the_simulators_short_lived_tokens_are_such(simulator: Simulator) -> None:
    soon = expiry_hint(Secret(simulator.mint(expires_in=2400).token))
    assert soon is not None
    assert timedelta(minutes=39) < soon - datetime.now(UTC) < timedelta(minutes=41)
