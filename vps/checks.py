"""Deployment mistakes that show before the first request; `manage.py check` and every start run these."""

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from vps.services.rotation import is_key


@register(Tags.security)
def token_keys(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Never says a key, only its place in the list."""
    keys = settings.TOKEN_KEYS
    hint = "Print a good one with `manage.py make_key`."
    found = [
        Error(f"Key {place} of TOKEN_KEYS is not 32 bytes in URL-safe base64.", hint=hint, id="vps.E001")
        for place, key in enumerate(keys, start=1)
        if not is_key(key)
    ]
    if len(set(keys)) < len(keys):
        found.append(Error("TOKEN_KEYS holds the same key twice.", hint="Remove one.", id="vps.E002"))
    return found


@register(Tags.urls)
def addresses(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    found: list[CheckMessage] = []
    if _in_the_clear(settings.VPS_API_URL):
        found.append(
            Error(
                "VPS_API_URL starts with http://, so the tokens would travel in the clear.",
                hint="Use the provider's https:// address.",
                id="vps.E003",
            )
        )
    if _in_the_clear(settings.PUBLIC_URL):
        found.append(
            Warning(
                "PUBLIC_URL starts with http://, so passwords and sessions travel in the clear.",
                hint="Put a server that speaks TLS in front, and set PUBLIC_URL to its https:// address.",
                id="vps.W001",
            )
        )
    return found + _console_address()


def _console_address() -> list[CheckMessage]:
    url = settings.VPS_CONSOLE_URL
    missing = [name for name in ("{project}", "{product}", "{ticket}") if name not in url]
    if not url or not missing:
        return []
    return [
        Error(
            f"VPS_CONSOLE_URL lacks {', '.join(missing)}.",
            hint="It is the address of a console with these three in braces where their values go.",
            id="vps.E004",
        )
    ]


@register(Tags.urls, deploy=True)
def proxies(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if urlsplit(settings.PUBLIC_URL).scheme != "https" or settings.TRUSTED_PROXIES:
        return []
    return [
        Warning(
            "PUBLIC_URL is https and TRUSTED_PROXIES is 0: every page would send the browser to itself for ever.",
            hint="Set TRUSTED_PROXIES to the number of proxies in front, of which the last speaks TLS.",
            id="vps.W003",
        )
    ]


@register(Tags.staticfiles, deploy=True)
def static_files(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if settings.DEBUG or (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        return []
    return [
        Warning(
            "The static files are not collected; every page would fail.",
            hint="Run `manage.py collectstatic --noinput`.",
            id="vps.W002",
        )
    ]


def _in_the_clear(url: str) -> bool:
    parts = urlsplit(url)
    return not settings.DEBUG and parts.scheme == "http" and not _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
