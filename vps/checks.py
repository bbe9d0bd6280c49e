"""Deployment mistakes that show before the first request; `manage.py check` and every start run these."""

import ipaddress
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from vps.services.rotation import is_key

CONSOLE_VALUES = ("{project}", "{product}", "{ticket}")
CONSOLE_HINT = (
    "It is the address of a console with these three in braces where their values go, after the host."
)
SHORTEST_BEARER = 16
OF_ONE_PROCESS = ("django.core.cache.backends.locmem", "django.core.cache.backends.dummy")
MOUNTS = Path("/proc/self/mounts")
NETWORKS = ("nfs", "cifs", "smb", "ceph", "glusterfs", "lustre", "9p", "afs", "fuse.sshfs", "fuse.glusterfs")
PLAIN_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")  # it goes into the page's Content-Security-Policy


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
    if not url:
        return []
    found: list[CheckMessage] = []
    if missing := [name for name in CONSOLE_VALUES if name not in url]:
        found.append(Error(f"VPS_CONSOLE_URL lacks {', '.join(missing)}.", hint=CONSOLE_HINT, id="vps.E004"))
    rest = url
    for name in CONSOLE_VALUES:
        rest = rest.replace(name, "")
    if not PLAIN_HOST.fullmatch(urlsplit(url).netloc) or "{" in rest or "}" in rest:
        wrong = "VPS_CONSOLE_URL has a value in its host, or something else in braces."
        found.append(Error(wrong, hint=CONSOLE_HINT, id="vps.E005"))
    if _in_the_clear(url):
        wrong = "VPS_CONSOLE_URL starts with ws://, so what is typed in a console travels in the clear."
        found.append(Error(wrong, hint="Use the provider's wss:// address.", id="vps.E006"))
    return found


@register(Tags.security)
def metrics_token(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if not settings.METRICS_TOKEN or len(settings.METRICS_TOKEN) >= SHORTEST_BEARER:
        return []
    hint = "Print a good one with `openssl rand -hex 32`."
    return [
        Error(f"METRICS_TOKEN has fewer than {SHORTEST_BEARER} characters.", hint=hint, id="vps.E007"),
    ]


@register(Tags.caches)
def shared_counts(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Each web process and each host must see the tries that the others counted."""
    backend = settings.CACHES["default"]["BACKEND"]
    if not backend.startswith(OF_ONE_PROCESS):
        return []
    wrong = f"The default cache is {backend}: each process would count the tries at the sign-in alone."
    return [Error(wrong, hint="Keep it in the database, or set REDIS_URL.", id="vps.E008")]


@register(Tags.compatibility)  # those of databases run by `migrate` alone
def sqlite_is_here(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """SQLite's log is shared through memory, which processes of two hosts do not have in common."""
    told = settings.DATABASES["default"]
    if not told["ENGINE"].endswith("sqlite3"):
        return []
    kind = _file_system(Path(told["NAME"]).absolute())
    if not kind.startswith(NETWORKS):
        return []
    wrong = f"The SQLite database lies on a network file system ({kind}), where it can be destroyed."
    hint = "Keep it on a disk of this machine, or use PostgreSQL, which many machines may share."
    return [Error(wrong, hint=hint, id="vps.E009")]


def _file_system(path: Path) -> str:
    """The kind of what is mounted there, as Linux calls it; "" where it does not tell."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    mounts = [(point.replace("\\040", " "), kind) for _source, point, kind, *_rest in map(str.split, lines)]
    holding = [(len(point), kind) for point, kind in mounts if path.is_relative_to(point)]
    return max(holding, default=(0, ""), key=lambda mount: mount[0])[1]


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
    return not settings.DEBUG and parts.scheme in {"http", "ws"} and not _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
