"""What a token says of itself, when it is a JWT. Hints for people: nothing relies on them."""

import base64
import binascii
import json
from datetime import UTC, datetime

from vps.provider.secret import Secret


def expiry_hint(secret: Secret) -> datetime | None:
    """The moment at which a JWT says that it expires; None for any other token."""
    parts = secret.reveal().split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(int(claims["exp"]), tz=UTC)
    except (binascii.Error, ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError):
        return None
