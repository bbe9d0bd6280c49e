"""Keys in links (sign-in, invitation, wall): who has one may do what its link is for. Only a hash is stored."""

import hashlib
import secrets

from vps.provider.secret import Secret

__all__ = ["Secret", "hash_of", "new_key"]


def new_key() -> tuple[Secret, str]:
    """A key of 256 random bits, and what is stored of it. The hash needs no salt: nobody can try all such keys."""
    key = secrets.token_urlsafe(32)
    return Secret(key), hash_of(key)


def hash_of(key: str) -> str:
    """By which the row is looked up: the key itself is never compared, so no time tells how much of it was right."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
