"""The search for secrets finds them: else it would prove nothing."""

import base64
import secrets
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.secret_search import find_secrets

SECRET = "key_a+b/c=d~0123456789%?&"
HIDDEN: dict[str, str | bytes] = {
    "raw": SECRET,
    "bytes": SECRET.encode(),
    "hex": SECRET.encode().hex(),
    "upper hex": SECRET.encode().hex().upper(),
    "url": quote(SECRET, safe=""),
    "broken into lines": base64.encodebytes(b"x" * 40 + SECRET.encode() + b"y" * 40),
}


@pytest.mark.parametrize("hay", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_secret_is_found(hay: str | bytes) -> None:
    assert find_secrets([SECRET], {"log": b"before " + (hay if isinstance(hay, bytes) else hay.encode())})


@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("after", range(6))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_it_is_found_in_base64_at_every_alignment(
    before: int, after: int, encode: Callable[[bytes], bytes]
) -> None:
    hay = encode(secrets.token_bytes(before) + SECRET.encode() + secrets.token_bytes(after))
    (hit,) = {found.split(" as ")[0] for found in find_secrets([SECRET], {"cookie": hay})}
    assert hit == "secret 1"


def test_what_holds_no_secret_is_clean() -> None:
    hays: dict[str, str | bytes] = {
        "page": secrets.token_hex(5000),
        "file": secrets.token_bytes(100_000),
        "other": "key_a+b/c=e",
    }
    assert find_secrets([SECRET, "key_other_secret"], hays) == []


def test_a_find_names_the_place_and_repeats_no_secret() -> None:
    hits = find_secrets(["key_of_nobody", SECRET], {"the cache": SECRET})
    assert "secret 2 as raw in the cache" in hits
    assert SECRET not in "".join(hits)
