"""Where counts and drawn cards are kept: Redis where there is one, and the place beside it while that is away."""

from typing import Any

from dashboard.env import Environment, WrongSetting

CARD_SECONDS = 600

# In the database and not in memory: all processes count the same tries. What is full forgets counts that are still
# running, so nobody may fill it quickly with made-up names.
IN_DATABASE: dict[str, Any] = {
    "BACKEND": "django.core.cache.backends.db.DatabaseCache",
    "LOCATION": "cache",
    "OPTIONS": {"MAX_ENTRIES": 100_000},
}
IN_PROCESS: dict[str, Any] = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "LOCATION": "fragments",
    "TIMEOUT": CARD_SECONDS,
    "OPTIONS": {"MAX_ENTRIES": 10_000},
}


def from_url(environment: Environment, name: str) -> dict[str, dict[str, Any]]:
    """Django's settings of the caches: `default` counts tries, `fragments` may forget at any time."""
    url = environment.text(name, "")
    if not url:
        return {"default": IN_DATABASE, "fragments": IN_PROCESS}
    if not _is_redis(url):
        raise WrongSetting(f"{name} must be redis://:PASSWORD@HOST:PORT/NUMBER, rediss://… or unix://….")
    return {
        "default": _in_redis(url, "limits", "database"),
        "database": IN_DATABASE,
        "fragments": _in_redis(url, "cards", "process") | {"TIMEOUT": CARD_SECONDS},
        "process": IN_PROCESS,
    }


def _in_redis(url: str, prefix: str, beside: str) -> dict[str, Any]:
    return {
        "BACKEND": "dashboard.redis_cache.Redis",
        "LOCATION": url,
        "KEY_PREFIX": prefix,
        "OPTIONS": {"beside": beside},
    }


def _is_redis(url: str) -> bool:
    from redis.connection import parse_url  # takes a tenth of a second, and most panels have no Redis

    try:
        told = parse_url(url)  # type: ignore[no-untyped-call]  # redis has no type for it
    except ValueError:
        return False
    return bool(told.get("host") or told.get("path")) and "?" not in url
