"""Tokens of the pretend provider: what each may do, until when, and how often."""

import base64
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

PERMISSIONS = ("READ_VPS", "VPS_CONTROL", "CONSOLE_VNC")
WINDOW = 60.0  # seconds in which a token may make its allowance of calls


@dataclass(slots=True)
class Token:
    token: str = field(repr=False)
    name: str
    projects: list[str]
    permissions: list[str]
    listing: bool
    allowance: int  # calls per WINDOW; 0 is no limit and no X-RateLimit headers
    expires: float | None = None
    used: int = 0
    opened: float = 0.0
    number: int = -1  # its place among the tokens ever given out

    def take(self, now: float) -> bool:
        """Count one call; False when the allowance is used up."""
        if now - self.opened >= WINDOW:
            self.opened, self.used = now, 0
        if self.allowance and self.used >= self.allowance:
            return False
        self.used += 1
        return True

    def rate_headers(self, now: float) -> dict[str, str]:
        if not self.allowance:
            return {}
        reset = max(1, int(self.opened + WINDOW - now + 0.999))
        return rate_headers(self.allowance, self.allowance - self.used, reset)

    def told(self) -> dict[str, Any]:
        """As the announce line shows it."""
        return {
            "token": self.token,
            "name": self.name,
            "projects": self.projects,
            "permissions": self.permissions,
            "listing": self.listing,
        }


def rate_headers(limit: int, remaining: int, reset: int) -> dict[str, str]:
    """`reset` is in seconds from now."""
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(reset),
    }


def make_secret(expires: float | None) -> str:
    """A project key, or, where it expires, something in the shape of a JWT that says when."""
    if expires is None:
        return "key_" + secrets.token_urlsafe(24)
    parts = ({"alg": "HS256", "typ": "JWT"}, {"jti": secrets.token_hex(8), "exp": int(expires)})
    return ".".join([*(_part(part) for part in parts), secrets.token_urlsafe(32)])


def make_token(
    name: str,
    projects: Iterable[str],
    *,
    permissions: Iterable[str] = PERMISSIONS,
    listing: bool = True,
    allowance: int = 0,
    expires: float | None = None,
) -> Token:
    return Token(make_secret(expires), name, list(projects), list(permissions), listing, allowance, expires)


def _part(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
