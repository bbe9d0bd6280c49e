"""Seals secrets for the database: AES-256-GCM, bound to the row that holds them.

A sealed value is version (1 byte), key id (4 bytes), nonce (12 bytes), ciphertext and tag. What it is bound to
goes into the tag: moved to another row, it no longer opens.
"""

import base64
import binascii
import functools
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext as _

VERSION = b"\x01"
NONCE = 12
HEAD = len(VERSION) + 4 + NONCE


class SealBroken(Exception):
    """A sealed value that does not open; its text says why, in words for people, and holds no secret."""


def seal(plain: str, bound_to: str) -> bytes:
    """Seals with the first of TOKEN_KEYS. `bound_to` names the row, and is needed to open it again."""
    key_id, cipher = next(iter(_ciphers(tuple(settings.TOKEN_KEYS)).items()))
    nonce = os.urandom(NONCE)
    return VERSION + key_id + nonce + cipher.encrypt(nonce, plain.encode(), _bound(bound_to))


def unseal(sealed: bytes | memoryview, bound_to: str) -> str:
    """Opens with whichever of TOKEN_KEYS sealed it; takes what either database gives. Raises SealBroken."""
    sealed = bytes(sealed)
    if len(sealed) < HEAD or sealed[:1] != VERSION:
        raise SealBroken(_("A stored token is damaged: it is too short or of an unknown kind."))
    cipher = _ciphers(tuple(settings.TOKEN_KEYS)).get(key_id(sealed))
    if cipher is None:
        raise SealBroken(_("A stored token was sealed with a key that is not among TOKEN_KEYS."))
    try:
        return cipher.decrypt(sealed[HEAD - NONCE : HEAD], sealed[HEAD:], _bound(bound_to)).decode()
    except (InvalidTag, UnicodeDecodeError):
        pass
    raise SealBroken(_("A stored token was changed, or belongs to another row: it does not open."))


def key_id(sealed: bytes | memoryview) -> bytes:
    return bytes(sealed[1:5])


def current_key_id() -> bytes:
    """The id of the key that seals now; what carries another one waits for rotation."""
    return next(iter(_ciphers(tuple(settings.TOKEN_KEYS))))


def make_key() -> str:
    """A new key for TOKEN_KEYS: 32 random bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def read_key(text: str) -> bytes:
    """The 32 bytes of one of TOKEN_KEYS. Raises ValueError, whose text does not repeat the key."""
    try:
        key = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        key = b""
    if len(key) != 32:
        raise ValueError(_("a key is 32 random bytes in URL-safe base64; manage.py make_key prints one"))
    return key


@functools.lru_cache(maxsize=8)
def _ciphers(keys: tuple[str, ...]) -> dict[bytes, AESGCM]:
    raw = [read_key(key) for key in keys]
    return {hashlib.sha256(b"vps key id" + key).digest()[:4]: AESGCM(key) for key in raw}


def _bound(bound_to: str) -> bytes:
    return b"vps:" + bound_to.encode()
