"""Seals stored tokens anew with the present key. Each row by itself, so it may be killed and run again."""

from dataclasses import dataclass, field
from uuid import UUID

from vps import crypto
from vps.crypto import make_key, read_key
from vps.models import Token

__all__ = ["Rotation", "is_key", "make_key", "rotate_all"]


def is_key(text: str) -> bool:
    """Whether this may be one of TOKEN_KEYS."""
    try:
        read_key(text)
    except ValueError:
        return False
    return True


@dataclass
class Rotation:
    """How many tokens were sealed anew, how many were already, and which do not open, with the reason in words."""

    rotated: int = 0
    current: int = 0
    broken: list[tuple[UUID, str]] = field(default_factory=list)


def rotate_all() -> Rotation:
    done = Rotation()
    for token in Token.objects.order_by("pk").iterator(chunk_size=200):
        try:
            _rotate(token, done)
        except crypto.SealBroken as broken:
            done.broken.append((token.pk, str(broken)))
    return done


def _rotate(token: Token, done: Rotation) -> None:
    old = bytes(token.sealed)
    plain = crypto.unseal(old, token.bound_to)
    if crypto.key_id(old) == crypto.current_key_id():
        done.current += 1
        return
    # only where it still is what was opened: a token replaced meanwhile is sealed with the present key already
    new = crypto.seal(plain, token.bound_to)
    done.rotated += Token.objects.filter(pk=token.pk, sealed=old).update(sealed=new)
