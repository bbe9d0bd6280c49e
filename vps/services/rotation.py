"""Seals stored tokens and second factors anew with the present key, row by row: it may be killed and run again."""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from vps import crypto
from vps.crypto import make_key, read_key
from vps.models import Token
from vps.services import factors

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
    """How many secrets were sealed anew, how many were already, and which do not open, with the reason in words."""

    rotated: int = 0
    current: int = 0
    broken: list[tuple[object, str]] = field(default_factory=list)


def rotate_all() -> Rotation:
    done = Rotation()
    for token in Token.objects.order_by("pk").iterator(chunk_size=200):
        try:
            _rotate(token, done)
        except crypto.SealBroken as broken:
            done.broken.append((token.pk, str(broken)))
    for factor in factors.stored_factors():
        try:
            _rotate_factor(factor.pk, done)
        except crypto.SealBroken as broken:
            done.broken.append((f"second factor {factor.pk}", str(broken)))
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


@transaction.atomic
def _rotate_factor(number: int, done: Rotation) -> None:
    """Under a lock of its row: a recovery code that is used meanwhile stays used."""
    factor: Any = factors.stored_factors().select_for_update().filter(pk=number).first()
    if factor is None:
        return
    name = factors.SECRETS[factor.type]
    plain = factors.open_for(factor.user_id, factor.data[name])
    if factors.is_current(factor.data[name]):
        done.current += 1
        return
    factor.data[name] = factors.seal_for(factor.user_id, plain)
    factor.save(update_fields=["data"])
    done.rotated += 1
