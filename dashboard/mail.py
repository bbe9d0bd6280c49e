"""How mail is sent, if it is: one address for all that Django wants to know."""

from typing import Any
from urllib.parse import unquote, urlsplit

from dashboard.env import Environment, WrongSetting

SECONDS = 10
PORTS = {"smtp": 25, "smtps": 465, "smtp+tls": 587}


def from_url(environment: Environment, name: str, sender: str) -> dict[str, Any]:
    """`name` holds a password, so it may come from a file; `sender` names what mails are from. Unset, none is sent."""
    url = environment.secret(name, needed=False)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit("wrong"), None
    if url and not (parts.scheme in PORTS and parts.hostname and parts.path in ("", "/") and not parts.query):
        raise WrongSetting(f"{name} must be smtp://, smtp+tls:// or smtps://USER:PASSWORD@HOST:PORT.")
    return {
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": port or PORTS.get(parts.scheme, 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": SECONDS,
        "DEFAULT_FROM_EMAIL": environment.text(sender, f"vps-dashboard@{parts.hostname or 'localhost'}"),
    }
