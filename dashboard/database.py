"""One database, from its URL: SQLite for one machine, PostgreSQL for more."""

from pathlib import Path
from typing import Any

import dj_database_url

from dashboard.env import Environment, WrongSetting

SQLITE = "django.db.backends.sqlite3"
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",  # else two writers that began by reading fail at once instead of waiting
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
KEPT_OPEN = (
    60  # seconds; a connection per request costs half as much again on SQLite and double on PostgreSQL
)


def from_url(environment: Environment, name: str, default: str) -> dict[str, Any]:
    """Django's settings of one connection; a URL that means no known database is a WrongSetting."""
    url = environment.text(name, default)
    try:
        config: dict[str, Any] = dict(
            dj_database_url.parse(url, conn_max_age=KEPT_OPEN, conn_health_checks=True)
        )
    except (dj_database_url.ParseError, ValueError, KeyError):
        config = {}
    engine = config.get("ENGINE", "")
    if engine not in (SQLITE, "django.db.backends.postgresql") or config.get("NAME") in (
        None,
        "",
        ":memory:",
    ):
        raise WrongSetting(f"{name} must be sqlite:///PATH or postgres://USER:PASSWORD@HOST:PORT/NAME.")
    if engine == SQLITE:
        Path(config["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        config["OPTIONS"] = {**SQLITE_OPTIONS, **config.get("OPTIONS", {})}
    return config
