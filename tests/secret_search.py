"""Looks for secrets in whatever a panel writes, in every form in which they may have been written."""

import base64
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

Haystack = str | bytes
WHITE = b" \t\n\r\v\f"
APART = b"\0\0\0"  # between two places: in no form, and nothing that a broken form leaves out


def forms(secret: str) -> dict[str, bytes]:
    """The secret as it may be found: raw, hexadecimal, URL-encoded, and the part of its base64 that stays the same
    whatever stands before and after it, for each of the three alignments."""
    raw = secret.encode()
    found = {
        "raw": raw,
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "url": quote(secret, safe="").encode(),
        "url +": quote_plus(secret, safe="").encode(),
        "all of it url": "".join(f"%{byte:02X}" for byte in raw).encode(),
    }
    for shift in range(3):
        for name, encode in (("base64", base64.b64encode), ("urlsafe base64", base64.urlsafe_b64encode)):
            found[f"{name} {shift}"] = _certain(encode(bytes(shift) + raw), shift)
    return found


def _certain(encoded: bytes, shift: int) -> bytes:
    """Without the letters that also hold bits of what comes before or after."""
    start = -(-8 * shift // 6)
    padding = encoded.count(b"=")
    return encoded[start : len(encoded) - padding - (1 if padding else 0)]


def find_secrets(secrets: Iterable[str], haystacks: Mapping[str, Haystack]) -> list[str]:
    """Where a secret was found and in which form, without repeating it; empty if nowhere."""
    wanted = [(number, forms(secret)) for number, secret in enumerate(secrets, start=1)]
    places = {place: _as_bytes(hay) for place, hay in haystacks.items()}
    # Thousands of places, and hardly ever a hit: all are searched at once, and one by one only for what is there.
    text = APART.join(places.values())
    together = _together(text)
    there = [
        (number, form, value)
        for number, known in wanted
        for form, value in known.items()
        if value in text or value in together
    ]
    return [
        f"secret {number} as {form} in {place}"
        for place, hay in (places.items() if there else ())
        for number, form, value in there
        if value in hay or value in _together(hay)
    ]


def _as_bytes(hay: Haystack) -> bytes:
    return hay.encode("utf-8", "surrogateescape") if isinstance(hay, str) else hay


def _together(text: bytes) -> bytes:
    """A form may be broken into lines."""
    return text.replace(b"\\n", b"").translate(None, WHITE)
